import { generateSecret } from '../clients/standard-webhooks';
import type { Db } from '../db/knex';
import { up as countPublicReportsNoMore } from '../db/migrations/027_count_public_reports_no_more';
import { readAttributionReport } from '../db/read-models/attribution-report';
import { readClickJourney } from '../db/read-models/click-journeys';
import { readFunnel } from '../db/read-models/funnel';
import { readClickTimeline } from '../db/read-models/timeline';
import { readValueReport } from '../db/read-models/value-report';
import { writeResults } from '../db/stores/result-store';
import type { Trust } from '../domain/facts';
import { type ClickId, uuidFromId } from '../domain/ids';
import { asPublicFact } from '../domain/report/public-fact';
import { currency, money } from '../domain/testing/facts';
import { HOUR_MS } from '../domain/time';
import { insertDestination } from '../testing/builders/insert-postback';
import { newEvent } from '../testing/builders/new-event';
import { openSettlementBench, type SettlementBench } from '../testing/settlement-bench';
import { createTestDb, type TestDb } from '../testing/test-db';

const KINDS = ['install', 'lead', 'registration', 'sale'] as const;
const TOLD = [...KINDS, 'correction'];

let testDb: TestDb;
let db: Db;
let bench: SettlementBench;
let clickId: ClickId;

beforeAll(async () => {
  testDb = await createTestDb();
  db = testDb.db;
});
afterAll(() => testDb.drop());
beforeEach(async () => {
  bench = await openSettlementBench(db);
  clickId = await bench.click();
});

/** One report of each kind that a pixel may make, all of one click, settled. */
async function report(trust: Trust, key: string = trust): Promise<void> {
  for (const kind of KINDS) {
    const given = {
      senderEventId: `${kind}-${key}`,
      kind,
      clickRef: clickId,
      playerExternalId: null,
      money: kind === 'sale' ? money('5000.00 EUR') : null,
      occurredAtMs: bench.startMs + 60_000,
    };
    const event = newEvent(bench.tenant, given);
    await bench.accept({ ...(trust === 'public' ? asPublicFact(event) : event), trust });
  }
  await bench.settleAll();
}

type Told = { event_kind: string; url: string; body: string | null };

const told = async (): Promise<Told[]> =>
  db('postbacks')
    .where('workspace_id', uuidFromId(bench.tenant.workspaceId))
    .orderBy('postback_id')
    .select('event_kind', 'url', 'body');

const destination = (given: { acceptsPublic?: boolean; secret?: string } = {}) =>
  insertDestination(db, {
    ...bench.tenant,
    events: TOLD,
    url: 'https://partner.example/p?e={event}&trust={trust}',
    ...given,
  });

describe('what a public report does outside', () => {
  it('nothing, unless the destination has asked for public conversions', async () => {
    await destination();
    await report('public');
    expect(await told()).toEqual([]);
    await report('keyed');
    expect((await told()).map(({ event_kind }) => event_kind).sort()).toEqual([...KINDS].sort());
  });

  it.each(['public', 'keyed', 'signed'] as const)(
    'a %s conversion says so, in a URL and in a body',
    async (trust) => {
      await destination({ acceptsPublic: true });
      await destination({ acceptsPublic: true, secret: generateSecret() });
      await report(trust);
      const rows = await told();
      expect(rows).toHaveLength(2 * KINDS.length);
      for (const { url, body } of rows) {
        const said = body === null ? new URL(url).searchParams.get('trust') : JSON.parse(body).data.trust;
        expect(said).toBe(trust);
      }
    },
  );

  it('what was told once is still corrected after the destination has asked for no more', async () => {
    const to = await destination({ acceptsPublic: true });
    await report('public');
    await db('destinations').where('destination_id', uuidFromId(to)).update({ accepts_public: false });
    const key = '~public sale-public';
    const before = (await told()).length;
    // Withdrawn, and stated again.
    for (const decision of ['reject', 'approve'] as const) {
      await bench.rule(key, decision, 'sale');
      await bench.settleAll();
    }
    const correction = {
      event_kind: 'correction',
      url: 'https://partner.example/p?e=correction&trust=public',
    };
    expect((await told()).slice(before)).toMatchObject([correction, correction]);
  });
});

describe('what a public report weighs', () => {
  const day = () => new Date(bench.startMs).toISOString().slice(0, 10);
  const days = () => ({ fromDay: day(), toDay: day(), timeZone: 'UTC' });

  async function counted(): Promise<object> {
    const { workspaceId } = bench.tenant;
    const question = { ...days(), toDay: new Date(bench.startMs + HOUR_MS).toISOString().slice(0, 10) };
    const value = await readValueReport(db, workspaceId, {
      ...question,
      groupBy: 'campaign',
      reporting: currency('EUR'),
    });
    const funnel = await readFunnel(db, workspaceId, { ...question, groupBy: 'all' });
    const span = { fromMs: bench.startMs - HOUR_MS, toMs: bench.startMs + HOUR_MS };
    const attribution = await readAttributionReport(db, workspaceId, span, 'partner');
    await writeResults(db);
    const rolled = await db('result_quarters')
      .where('workspace_id', uuidFromId(workspaceId))
      .sum({ installs: 'installs_ppm', registrations: 'registrations_ppm' })
      .first();
    return {
      value: [value.total.installsPpm, value.total.registrationsPpm],
      funnel: [funnel.total.installsPpm, funnel.total.registrationsPpm],
      attribution: attribution.groups.map(({ conversions }) => conversions),
      rolled: [Number(rolled?.installs ?? 0), Number(rolled?.registrations ?? 0)],
      stage: (await readClickJourney(db, workspaceId, clickId, bench.startMs + HOUR_MS))?.stage,
    };
  }

  it('nothing in reports, rollups and the stage of its click; a proven one counts beside it', async () => {
    await report('public');
    expect(await counted()).toEqual({
      value: [0n, 0n],
      funnel: [0n, 0n],
      attribution: [],
      rolled: [0, 0],
      stage: 'waiting',
    });
    await report('keyed');
    expect(await counted()).toMatchObject({
      value: [1_000_000n, 1_000_000n],
      funnel: [1_000_000n, 1_000_000n],
      attribution: [[...KINDS].map((event) => ({ event, credited: '1' }))],
      rolled: [1_000_000, 1_000_000],
      stage: 'registered',
    });
  });

  it('and what was counted before the upgrade is counted anew', async () => {
    await report('public');
    await writeResults(db);
    await countPublicReportsNoMore(db);
    const marks = await db('result_marks').where('workspace_id', uuidFromId(bench.tenant.workspaceId));
    expect(marks).toHaveLength(1);
  });
});

it('the timeline says of every event, conversion and postback how far it can be trusted', async () => {
  await destination({ acceptsPublic: true });
  await report('public');
  await report('signed');
  const timeline = await readClickTimeline(db, bench.tenant.workspaceId, clickId);
  for (const kind of ['sale', 'conversion_settled', 'postback_created'] as const) {
    const trusts = timeline.filter((entry) => entry.kind === kind).map(({ trust }) => trust);
    expect(new Set(trusts)).toEqual(new Set(['public', 'signed']));
  }
  expect(timeline.find(({ kind }) => kind === 'click')).not.toHaveProperty('trust');
});
