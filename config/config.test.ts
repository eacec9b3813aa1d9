import { ConfigError, type Environment, parseConfig } from './config';

function problemsOf(env: Environment): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseConfig', () => {
  it('gives every default from an empty environment', () => {
    const config = parseConfig({});
    expect(config).toEqual({
      dataDir: `${process.cwd()}/.clickchain`,
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      adminKey: null,
      allowPrivateDestinations: false,
      sinkPort: 8090,
      trustedProxies: [],
      apiProcesses: 1,
      apiConnections: 92,
      limits: {
        clicksPerSecond: 0,
        maxLoopLagMs: 200,
        keyRequestsPerMinute: 12_000,
        keyEventsPerSecond: 1_000,
        addressRequestsPerSecond: 300,
        addressAuthFailuresPerMinute: 60,
      },
      redisUrl: null,
      logLevel: 'info',
      allowedSink: null,
      workerRoles: ['journeys', 'postbacks', 'relay', 'sweep'],
      metricsPort: null,
      relayStartsPerSecond: 100,
      relayStartsConcurrency: 4,
      faultPoints: null,
      databaseUrl: null,
      temporalAddress: null,
      temporalNamespace: 'default',
      temporalUiPort: 8233,
      temporalUiUrl: 'http://127.0.0.1:8233',
      temporalCliPath: null,
      temporalTestServerPath: null,
    });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.workerRoles)).toBe(true);
  });

  it('reads what is set', () => {
    const config = parseConfig({
      CLICKCHAIN_HOST: '0.0.0.0',
      CLICKCHAIN_PORT: '9000',
      CLICKCHAIN_TRUSTED_PROXIES: '10.0.0.0/8, 192.168.1.1,2001:db8::/32',
      CLICKCHAIN_WORKER_ROLES: 'relay,sweep',
      CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS: 'true',
      DATABASE_URL: 'postgresql://u:b1946ac92492d234@db/clickchain',
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_UI_URL: 'https://temporal.example/',
    });
    expect(config).toMatchObject({
      publicUrl: 'http://127.0.0.1:9000',
      trustedProxies: ['10.0.0.0/8', '192.168.1.1', '2001:db8::/32'],
      workerRoles: ['relay', 'sweep'],
      allowPrivateDestinations: true,
      databaseUrl: 'postgresql://u:b1946ac92492d234@db/clickchain',
      temporalAddress: 'temporal:7233',
      temporalUiUrl: 'https://temporal.example',
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(parseConfig({ CLICKCHAIN_PORT: '', DATABASE_URL: '' })).toMatchObject({
      port: 8080,
      databaseUrl: null,
    });
  });

  it.each([
    ['CLICKCHAIN_PORT', 'eighty'],
    ['CLICKCHAIN_PORT', '65536'],
    ['CLICKCHAIN_PORT', '-1'],
    ['CLICKCHAIN_PORT', '80.5'],
    ['CLICKCHAIN_PUBLIC_URL', 'ftp://x'],
    ['CLICKCHAIN_PUBLIC_URL', 'clickchain.example'],
    ['CLICKCHAIN_ADMIN_KEY', 'short'],
    ['CLICKCHAIN_ADMIN_KEY', 'change-me-change-me-change-me'],
    ['CLICKCHAIN_ADMIN_KEY', 'x'.repeat(40)],
    ['DATABASE_URL', 'postgres://postgres:postgres@db/clickchain'],
    ['DATABASE_URL', 'postgres://clickchain:change%2Dme@db.example:5432/clickchain'],
    ['DATABASE_URL', 'postgres://'],
    ['CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS', 'yes'],
    ['CLICKCHAIN_SINK_PORT', 'x'],
    ['CLICKCHAIN_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['CLICKCHAIN_TRUSTED_PROXIES', 'loadbalancer'],
    ['CLICKCHAIN_API_PROCESSES', '0'],
    ['CLICKCHAIN_API_PROCESSES', '65'],
    ['CLICKCHAIN_API_CONNECTIONS', 'many'],
    ['CLICKCHAIN_CLICKS_PER_SECOND', '-1'],
    ['CLICKCHAIN_MAX_LOOP_LAG_MS', '1.5'],
    ['CLICKCHAIN_KEY_REQUESTS_PER_MINUTE', '1000001'],
    ['CLICKCHAIN_REDIS_URL', 'http://redis:6379'],
    ['CLICKCHAIN_RELAY_STARTS_PER_SECOND', '0'],
    ['CLICKCHAIN_RELAY_STARTS_CONCURRENCY', '1001'],
    ['CLICKCHAIN_LOG_LEVEL', 'loud'],
    ['CLICKCHAIN_ALLOWED_SINK', 'localhost'],
    ['CLICKCHAIN_WORKER_ROLES', 'journeys,cooking'],
    ['CLICKCHAIN_WORKER_ROLES', ','],
    ['CLICKCHAIN_METRICS_PORT', 'abc'],
    ['CLICKCHAIN_DATA_DIR', '  '],
    ['DATABASE_URL', 'mysql://x/y'],
    ['TEMPORAL_ADDRESS', 'http://temporal:7233'],
    ['TEMPORAL_UI_PORT', '1e3'],
    ['TEMPORAL_UI_URL', 'nope'],
  ])('refuses %s=%j and names it', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: expected `));
  });

  it('refuses fault points in production', () => {
    const env = { CLICKCHAIN_FAULT_POINTS: '/tmp/points' };
    expect(parseConfig(env).faultPoints).toBe('/tmp/points');
    expect(problemsOf({ ...env, NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/^CLICKCHAIN_FAULT_POINTS: .*production/),
    ]);
    expect(parseConfig({ NODE_ENV: 'production' }).faultPoints).toBeNull();
  });

  it('takes any password of a database on this machine, and none where another proof is used', () => {
    for (const url of [
      'postgres://postgres:postgres@127.0.0.1/x',
      'postgres://u:u@localhost/x',
      'postgres://u@db/x',
    ]) {
      expect(parseConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
    }
  });

  it('lists every problem at once', () => {
    const problems = problemsOf({ CLICKCHAIN_PORT: 'x', CLICKCHAIN_HOTS: 'y', TEMPORAL_ADDRESS: 'z' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'CLICKCHAIN_HOTS',
      'CLICKCHAIN_PORT',
      'TEMPORAL_ADDRESS',
    ]);
  });

  it('refuses more API processes than their connections can feed', () => {
    const env = { CLICKCHAIN_API_PROCESSES: '8', CLICKCHAIN_API_CONNECTIONS: '87' };
    expect(problemsOf(env)).toEqual([
      'CLICKCHAIN_API_CONNECTIONS: expected at least 88 for 8 API processes, got 87',
    ]);
    expect(problemsOf({ ...env, CLICKCHAIN_API_CONNECTIONS: '88' })).toEqual([]);
  });

  it('refuses an unknown variable under its own prefix and suggests the near one', () => {
    expect(problemsOf({ CLICKCHAIN_PROT: '1' })).toEqual([
      'CLICKCHAIN_PROT: unknown variable; did you mean CLICKCHAIN_PORT?',
    ]);
    expect(problemsOf({ CLICKCHAIN_TEAPOT_MODEL: '1' })).toEqual([
      'CLICKCHAIN_TEAPOT_MODEL: unknown variable',
    ]);
    expect(problemsOf({ SOMEBODY_ELSES: '1' })).toEqual([]);
  });

  it('never echoes a secret', () => {
    const message = problemsOf({ CLICKCHAIN_ADMIN_KEY: 'hunter2', DATABASE_URL: 'pg:hunter2' }).join('\n');
    expect(message).not.toContain('hunter2');
  });
});
