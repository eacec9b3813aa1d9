import { MAX_GROUPS, MAX_KEY_CHARACTERS } from '../../db/read-models/largest-groups';
import { TIMELINE_EVENTS_MAX } from '../../db/read-models/timeline';
import { MAX_ACCOUNTS } from '../../db/read-models/trial-balance';
import { uuidFromId } from '../../domain/ids';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { openValueBench, type ValueBench } from '../../testing/value-bench';

/** A keyword may have a thousand characters, and everybody may click under as many as he likes. */
const STRANGERS = 3_000;
const LONG = 'k'.repeat(1_000);
const DAYS = 'from=2026-11-01&to=2026-11-02';
const SPAN = 'from=2026-11-01T00:00:00Z&to=2026-11-03T00:00:00Z';

let reads: ReadsFixture;
let value: ValueBench;

beforeAll(async () => {
  reads = await startReads();
  value = await openValueBench(reads, { startMs: Date.UTC(2026, 10, 1, 12) });
  const { bench } = value;
  const click = await bench.click({ atMin: 0, utm: { utm_term: 'shoes' } });
  await bench.registration({ player: 'P1', key: 'R1', click, atMin: 1 });
  await bench.deposit({ player: 'P1', key: 'D1', atMin: 2, amountMinor: 10_000n });
  await bench.settleAll();
  await copyClick(uuidFromId(click));
});
afterAll(() => reads.stop());

/** Two clicks of every stranger's keyword; they differ beyond the characters that are told, in 300 lots. */
async function copyClick(click: string): Promise<void> {
  await reads.db.raw(
    `INSERT INTO clicks
     SELECT made.* FROM clicks AS c CROSS JOIN generate_series(0, :last) AS n
     CROSS JOIN LATERAL jsonb_populate_record(c, jsonb_build_object(
       'click_id', left(c.click_id::text, 14) || '7' || substr(md5('c' || n), 1, 3) || '-8' || substr(md5('c' || n), 4, 3)
         || '-' || substr(md5('c' || n), 7, 12),
       'visitor_id', gen_random_uuid(),
       'utm', jsonb_build_object('utm_term', CASE WHEN n % 2 = 0 THEN (n / 2)::text || :long ELSE (n / 2)::text || :long || n END))
     ) AS made WHERE c.click_id = :click`,
    { click, last: 2 * STRANGERS - 1, long: LONG },
  );
}

/** How many rows leave Postgres at most for one statement of a request. */
async function mostRows(work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const count = (response: { rows?: readonly unknown[] } | undefined) => {
    most = Math.max(most, response?.rows?.length ?? 0);
  };
  reads.db.on('query-response', count);
  await work();
  reads.db.removeListener('query-response', count);
  return most;
}

type Group = { key: string | null };

describe.each([
  ['value', (row: { clicks: number }) => row.clicks, 'value'],
  ['funnel', (steps: { reached: number }[]) => steps[0]?.reached, 'steps'],
])('the %s report over thousands of long keywords', (report, clicksOf, field) => {
  it('tells the largest groups and all others together, and what clicks led to first', async () => {
    const path = `/v1/reports/${report}?${DAYS}&groupBy=keyword`;
    const { body, text } = await value.admin.get(path);
    expect(body.groups).toHaveLength(MAX_GROUPS);
    expect(body.groupsLeftOut).toBe(STRANGERS + 1 - MAX_GROUPS);
    expect(body.groups[0].key).toBe('shoes');
    const total = clicksOf(body.total ?? body.steps);
    const shown = body.groups.map((group: Record<string, never>) => clicksOf(group[field] as never));
    expect(total).toBe(2 * STRANGERS + 1);
    expect(shown.reduce((sum: number, clicks: number) => sum + clicks, 0) + clicksOf(body.rest)).toBe(total);
    for (const { key } of body.groups.slice(1) as Group[]) {
      expect(key).toHaveLength(MAX_KEY_CHARACTERS);
      expect(key).toMatch(/^\d+k+…$/);
    }
    // Each line of the answer has a bound, and so has their number.
    expect(text.length).toBeLessThan(MAX_GROUPS * 3_000);
    expect(await mostRows(() => value.admin.get(path))).toBeLessThanOrEqual(4 * (MAX_GROUPS + 1));
  });
});

describe('what amounts to thousands of rates', () => {
  it('leaves Postgres as one row per group and currency', async () => {
    await reads.db.raw(
      `INSERT INTO fx_rates (rate_id, workspace_id, from_currency, to_currency, rate, source, rated_at, created_by, created_at)
       SELECT gen_random_uuid(), :workspace, 'EUR', 'USD', 1 + n * 0.0001, 'test',
         timestamptz '2026-11-01 00:00Z' + n * interval '1 second', 'test', now()
       FROM generate_series(1, 5000) AS n`,
      { workspace: uuidFromId(value.bench.tenant.workspaceId) },
    );
    expect(await mostRows(() => value.admin.get(`/v1/reports/value?${DAYS}&groupBy=day`))).toBeLessThan(20);
  });
});

describe('the attribution report', () => {
  it('tells the partners with the most credit, and the others together', async () => {
    const { bench } = value;
    const partnerIds = await Promise.all(
      Array.from({ length: 5 }, () => insertPartner(reads.db, bench.tenant)),
    );
    await contestsOf(MAX_GROUPS + 200, uuidFromId(partnerIds[0] as never));
    const { body } = await value.admin.get(`/v1/reports/attribution?${SPAN}`);
    expect(body.data).toHaveLength(MAX_GROUPS);
    expect(body.groupsLeftOut).toBeGreaterThanOrEqual(200);
    expect(body.data[0]).toMatchObject({ key: bench.partnerId, firstDeposits: '1' });
    const given = [...body.data, body.rest].reduce((sum, { contests }) => sum + contests.given, 0);
    expect(given).toBe(MAX_GROUPS + 200);
  });

  /** Contests of as many partners against one, as rows: their clicks and partners need not exist to be counted. */
  async function contestsOf(count: number, protectedPartner: string): Promise<void> {
    await reads.db.transaction(async (trx) => {
      await trx.raw(`SET LOCAL session_replication_role = 'replica'`);
      await trx.raw(
        `INSERT INTO contested_touches (workspace_id, player_id, challenger_click_id, challenger_partner_id,
           protected_click_id, protected_partner_id, gap_ms, is_refused, reason)
         SELECT b.workspace_id, b.player_id, (left(b.click_id::text, 24) || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(),
           b.click_id, :partner, 1, false, 'overwritten_before_registration'
         FROM (SELECT b.player_id, b.click_id, p.workspace_id FROM player_bindings AS b
           JOIN players AS p ON p.player_id = b.player_id LIMIT 1) AS b
         CROSS JOIN generate_series(1, :count) AS n`,
        { partner: protectedPartner, count },
      );
    });
  }

  it('takes no more days than the other reports', async () => {
    const { body } = await value.admin
      .get('/v1/reports/attribution?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z')
      .expect(400);
    expect(body.errors).toEqual([{ path: 'to', message: 'must lie within 366 days' }]);
  });
});

describe('a list of goals', () => {
  it('costs as many statements as one goal', async () => {
    const goal = {
      name: 'g',
      metric: 'deposits',
      target: 2,
      from: '2026-10-01',
      to: '2026-11-30',
      timeZone: 'UTC',
    };
    const list = () => reads.countStatements(() => value.admin.get('/v1/goals').expect(200));
    await value.admin.post('/v1/goals', goal).expect(201);
    const one = await list();
    for (const timeZone of ['Europe/Berlin', 'Asia/Tokyo', 'America/New_York']) {
      await value.admin.post('/v1/goals', { ...goal, timeZone }).expect(201);
    }
    expect(await list()).toBe(one);
    const { body } = await value.admin.get('/v1/goals');
    expect(body.data.map(({ progress }: { progress: { value: number } }) => progress.value)).toEqual([
      1, 1, 1, 1,
    ]);
  });
});

describe('an overview', () => {
  it('tells the largest campaigns, and the others together', async () => {
    const { bench } = value;
    const campaignId = await insertCampaign(reads.db, bench.tenant);
    await reads.db.raw(
      `INSERT INTO traffic_hours (workspace_id, hour_at, campaign_id, clicks, impressions)
       SELECT CAST(:workspace AS uuid), timestamptz '2026-11-09 12:00Z', gen_random_uuid(), 1, 0 FROM generate_series(1, :count)
       UNION ALL SELECT CAST(:workspace AS uuid), timestamptz '2026-11-09 12:00Z', CAST(:campaign AS uuid), 7, 0`,
      {
        workspace: uuidFromId(bench.tenant.workspaceId),
        campaign: uuidFromId(campaignId),
        count: MAX_GROUPS + 49,
      },
    );
    await reads.db('rollup_progress').update({
      folded_until: new Date('2026-11-10T00:00:00Z'),
      closed_until: new Date('2026-11-10T00:00:00Z'),
    });
    const { body } = await value.admin.get(
      '/v1/reports/overview?from=2026-11-09&to=2026-11-09&groupBy=campaign',
    );
    expect(body.groups).toHaveLength(MAX_GROUPS);
    expect(body.groups[0]).toMatchObject({ key: campaignId, value: { clicks: 7 } });
    expect([body.total.clicks, body.rest.clicks, body.groupsLeftOut]).toEqual([MAX_GROUPS + 56, 50, 50]);
  });
});

describe('what a workspace has much of', () => {
  const asReplica = (sql: string, bindings: Record<string, string | number>) =>
    reads.db.transaction(async (trx) => {
      // Copies: what they refer to is there once, or need not be.
      await trx.raw(`SET LOCAL session_replication_role = 'replica'`);
      await trx.raw(sql, bindings);
    });

  it('a player of thousands of events is told by his latest ones', async () => {
    await asReplica(
      `INSERT INTO events SELECT made.* FROM (SELECT e FROM events AS e WHERE e.kind = 'deposit' LIMIT 1) AS one (e)
       CROSS JOIN generate_series(1, :count) AS n
       CROSS JOIN LATERAL jsonb_populate_record(one.e, jsonb_build_object('event_id', gen_random_uuid(),
         'occurred_at', (one.e).occurred_at - n * interval '1 minute', 'sender_event_id', 'C' || n,
         'transaction_key', 'C' || n)) AS made`,
      { count: 2 * TIMELINE_EVENTS_MAX },
    );
    const page = () => value.admin.get('/v1/players/P1').expect(200);
    expect(await mostRows(page)).toBeLessThanOrEqual(TIMELINE_EVENTS_MAX);
    const deposits = (await page()).body.timeline.filter(({ kind }: { kind: string }) => kind === 'deposit');
    expect(deposits.length).toBeGreaterThan(TIMELINE_EVENTS_MAX - 10);
    // The only one that was settled is his latest.
    expect(
      (await page()).body.timeline.some(({ kind }: { kind: string }) => kind === 'conversion_settled'),
    ).toBe(true);
  });

  it('a trial balance tells the accounts that hold the most, and the others together', async () => {
    await asReplica(
      `INSERT INTO ledger_entries (journal_id, workspace_id, account, amount_minor, currency)
       SELECT gen_random_uuid(), :workspace, 'payable:' || n, sign * n, 'SEK'
       FROM generate_series(1, CAST(:count AS integer)) AS n, (VALUES (1), (-1), (1)) AS s (sign)`,
      { workspace: uuidFromId(value.bench.tenant.workspaceId), count: MAX_ACCOUNTS + 5 },
    );
    const { body } = await value.admin.get('/v1/ledger/trial-balance').expect(200);
    const books = body.currencies.find(({ currency }: { currency: string }) => currency === 'SEK');
    expect(books.accounts).toHaveLength(MAX_ACCOUNTS);
    // 0.01 to 0.05 are the five smallest.
    expect(books.rest).toEqual({ accounts: 5, balance: '0.15' });
    const minor = [...books.accounts, books.rest].map(({ balance }) => Number(balance.replace('.', '')));
    expect(minor.reduce((sum, one) => sum + one, 0)).toBe(Number(books.total.replace('.', '')));
  });
});
