/**
 * `npm run security:schemathesis`: boots an instance of its own from dist/, with two workspaces, and lets schemathesis
 * ask every operation of its /openapi.json for an answer of 5xx or one that the description does not allow. Needs
 * Python 3.10 or newer and, once, PyPI; the tests need neither.
 *
 *   --examples N   requests per operation and way of making them up; 1000 for a release (default 20)
 *   --seconds N    budget of the whole run (default 240)
 *   --seed N       replays a run
 *   --operation X  only the operation of this id; may be repeated
 */
const { spawn, spawnSync } = require('node:child_process');
const { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { homedir, tmpdir } = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const VERSION = '4.32.5';
const ROOT = path.resolve(__dirname, '..', '..');
const START_WITHIN_MS = 180_000;

const { values: given } = parseArgs({
  options: {
    examples: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '240' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    operation: { type: 'string', multiple: true, default: [] },
  },
});

const say = (text) => process.stdout.write(`${text}\n`);

/** The pinned schemathesis in a virtual environment of the user's cache, made at the first run. */
function installed() {
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const folder = path.join(cache, 'clickchain', `schemathesis-${VERSION}`);
  const program = path.join(folder, 'bin', 'st');
  if (existsSync(program) && spawnSync(program, ['--version']).status === 0) return program;
  say(`installing schemathesis ${VERSION} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder]);
  run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${VERSION}`]);
  return program;
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

/** An embedded instance on free ports, as `npm start` boots it. */
async function startInstance(dataDir) {
  const env = {
    ...process.env,
    CLICKCHAIN_DATA_DIR: dataDir,
    CLICKCHAIN_PORT: '0',
    CLICKCHAIN_SINK_PORT: '0',
    TEMPORAL_UI_PORT: '0',
    CLICKCHAIN_LOG_LEVEL: 'warn',
    // Limits are tested elsewhere; here every answer of 429 or 503 would be a question that was not asked.
    CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '0',
    CLICKCHAIN_KEY_EVENTS_PER_SECOND: '0',
    CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '0',
    CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE: '0',
    CLICKCHAIN_MAX_LOOP_LAG_MS: '0',
  };
  const command = path.join(ROOT, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [command, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  const isUp = new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the instance did not come up:\n${printed}`)),
      START_WITHIN_MS,
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed += chunk;
        if (printed.includes('Clickchain is running.')) resolve(clearTimeout(late));
      });
    }
    child.once('exit', () => reject(new Error(`the instance ended:\n${printed}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
  try {
    await isUp;
  } catch (error) {
    await stop();
    throw error;
  }
  const info = JSON.parse(readFileSync(path.join(dataDir, 'instance.json'), 'utf8'));
  const made = spawnSync(process.execPath, [command, 'workspace', 'create', 'second'], {
    env,
    encoding: 'utf8',
  });
  const secondKey = /\bck_\S+/.exec(made.stdout)?.[0];
  if (secondKey === undefined) throw new Error(`no second workspace: ${made.stdout}${made.stderr}`);
  return { url: info.apiUrl, keys: [info.adminKey, secondKey], stop };
}

/** One thing of each kind that can be made without history, by the parameter of a path that takes its id. */
async function makeThings({ url }, key) {
  const make = async (path, body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const days = { from: '2026-01-01', to: '2026-01-31', timeZone: 'UTC' };
  const { offerId } = await make('/v1/offers', { name: 'o', landingUrl: 'https://casino.example/{sub1}' });
  const { partnerId } = await make('/v1/partners', { name: 'p', code: 'p' });
  const slug = 'schemathesis';
  const { campaignId } = await make('/v1/campaigns', { slug, name: 'c', offerId, partnerId });
  const source = await make('/v1/sources', { name: 's', kind: 'gaming' });
  const hook = { name: 'd', kind: 'webhook', url: 'https://hook.example/', events: ['deposit'] };
  const { destinationId } = await make('/v1/destinations', hook);
  const money = { amount: '1', currency: 'EUR' };
  const { costId } = await make('/v1/costs', { campaignId, day: '2026-01-01', money });
  const { goalId } = await make('/v1/goals', { name: 'g', metric: 'registrations', target: 1, ...days });
  const { scenarioId } = await make('/v1/scenarios', { name: 'w', kind: 'weekend', tag: 'w', ...days });
  const { ruleId } = await make('/v1/quarantine/rules', {
    name: 'r',
    event: 'clickRef',
    click: 'externalId',
  });
  return {
    ...{ slug, offerId, partnerId, campaignId, destinationId, costId, goalId, scenarioId, ruleId },
    ...{ sourceId: source.sourceId, sourceKey: source.key },
  };
}

/** The configuration of a round: the common one, with the ids that paths are to hold. */
function configure(folder, ids) {
  const common = readFileSync(path.join(__dirname, 'schemathesis.toml'), 'utf8');
  const lines = Object.entries(ids).map(([name, id]) => `"path.${name}" = ${JSON.stringify(id)}`);
  const file = path.join(folder, 'schemathesis.toml');
  writeFileSync(file, [common, ...(lines.length > 0 ? ['[parameters]', ...lines, ''] : [])].join('\n'));
  return file;
}

function examine(program, instance, { key, ids, seconds }) {
  const chosen = given.operation.flatMap((id) => ['--include-operation-id', id]);
  const config = configure(instance.folder, ids);
  const args = [
    ...['--config-file', config, 'run', `${instance.url}/openapi.json`, '--url', instance.url],
    ...['--max-examples', given.examples, '--max-time', String(seconds), '--seed', given.seed],
    ...['--header', `Authorization: Bearer ${key}`, '--generation-database', 'none', '--no-color'],
    ...chosen,
  ];
  return new Promise((resolve, reject) => {
    // Beside the instance's data, because it leaves a cache where it runs.
    const child = spawn(program, args, { cwd: instance.folder, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function main() {
  const program = installed();
  const folder = mkdtempSync(path.join(tmpdir(), 'clickchain-schemathesis-'));
  // The user that runs Postgres for root has to pass through.
  chmodSync(folder, 0o711);
  let instance = null;
  try {
    instance = { folder, ...(await startInstance(path.join(folder, 'data'))) };
    say(`schemathesis ${VERSION}, seed ${given.seed}, ${instance.url}`);
    const [first, second] = instance.keys;
    const seconds = Math.ceil(Number(given.seconds) / 2);
    const unknown = await examine(program, instance, { key: first, ids: {}, seconds });
    // The second tenant meets an instance that is full of the first one's rows, and asks for things of his own.
    const ids = await makeThings(instance, second);
    const known = await examine(program, instance, { key: second, ids, seconds });
    return unknown === 0 && known === 0 ? 0 : 1;
  } finally {
    await instance?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
