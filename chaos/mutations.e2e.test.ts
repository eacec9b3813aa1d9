import { join } from 'node:path';
import { repositoryRoot } from '../testing/source-files';
import { until } from '../testing/until';
import { audit } from './audit/audit';
import { collectEvidence, countUnsettled, withPostgres } from './audit/collect-evidence';
import type { Finding } from './audit/finding';
import { type Machine, startMachine } from './instance/machine';
import { MUTATIONS, mutatedCopy } from './mutations';
import { type LoggingSink, startLoggingSink } from './sink/logging-sink';
import { busy } from './sink/manners';
import { createAdmin } from './traffic/admin';
import { BUSY_HABITS } from './traffic/habits';
import { setUp } from './traffic/set-up';
import { startTraffic } from './traffic/traffic';

/** Seconds on a quiet machine. */
const WITHIN_MS = 120_000;
const DISTINCT_VISITORS = 60;

let copy: ReturnType<typeof mutatedCopy>;
let sink: LoggingSink;
let machine: Machine;
let findings: readonly Finding[];

/**
 * The three defects break three different promises, so one instance shows them all: each finding below can come of
 * one of them only.
 */
beforeAll(async () => {
  copy = mutatedCopy(join(repositoryRoot, 'dist'), Object.values(MUTATIONS));
  sink = await startLoggingSink();
  machine = await startMachine({ distDir: copy.distDir, sinkPort: sink.port, network: null });
  await withPostgres(machine.whereabouts().databaseUrl, (client) =>
    client.query('ALTER TABLE inbox DROP CONSTRAINT inbox_event_key_key'),
  );
  findings = await auditOfMutant();
}, 5 * WITHIN_MS);

afterAll(async () => {
  await machine?.remove();
  await sink?.close();
  copy?.remove();
}, WITHIN_MS);

/** Traffic with repetitions, destinations that want things twice, and a Postgres that is killed under it. */
async function auditOfMutant(): Promise<readonly Finding[]> {
  const partners = await setUp(createAdmin(machine.apiUrl, machine.adminKey), sink.origin);
  const eventsBehind = () => countUnsettled(machine.whereabouts().databaseUrl);
  const traffic = startTraffic({
    ...{ apiUrl: machine.apiUrl, setUp: partners, seed: 7, clicksPerSecond: 15, eventsBehind },
    habits: { ...BUSY_HABITS, repeatOneIn: 2, maxPauseMs: 200 },
  });
  sink.behave(busy);
  const clicks = () => traffic.log.clicks.filter(({ clickId }) => clickId !== null).length;
  await until('clicks', async () => clicks() > DISTINCT_VISITORS, WITHIN_MS);
  const isRetried = async (): Promise<boolean> =>
    sink.entries.some(({ key }) => key?.endsWith(':2')) && sink.entries.length > 20;
  await until('a second attempt', isRetried, WITHIN_MS);
  const before = clicks();
  await machine.kill('postgres');
  await until('clicks that are answered without a database', async () => clicks() > before + 5, WITHIN_MS);
  await machine.pid('postgres');
  // Not to its end: a product like this one does not acknowledge everything, and settles even less.
  await traffic.abandon();
  const collected = await collectEvidence(machine.whereabouts(), false, 0);
  return audit({
    ...collected,
    client: traffic.log,
    partners: partners.campaigns,
    sink: sink.entries,
    gauges: [],
  });
}

function of(rule: Finding['rule'], what: RegExp): readonly Finding[] {
  return findings.filter((finding) => finding.rule === rule && what.test(finding.what));
}

describe('the auditor fails a product', () => {
  it('whose receipts are not unique', () => {
    expect(of('I3', /was acknowledged and has \d+ receipts|counted as new \d+ times/)).not.toEqual([]);
  });

  it('that answers a click before it is committed', () => {
    expect(of('I1', /was acknowledged and has 0 rows/)).not.toEqual([]);
  });

  it('that gives a postback a new key for each attempt', () => {
    expect(of('I5', /was reported under \d+ keys/)).not.toEqual([]);
  });
});

describe('a mutation', () => {
  it('that does not fit the product any more is an error, not a success', () => {
    const stale = { ...MUTATIONS.keyOfAttempt, text: 'key: attempt.clef,' };
    expect(() => mutatedCopy(join(repositoryRoot, 'dist'), [stale])).toThrow(/0 times, not once/);
  });
});
