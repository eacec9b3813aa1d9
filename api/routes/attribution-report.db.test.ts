import request from 'supertest';
import type { PartnerId } from '../../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS, toIso } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { openSettlementBench, type SettlementBench } from '../../testing/settlement-bench';
import { attributionReportSchema } from '../schemas/attribution-report';
import { contestSchema } from '../schemas/contests';

const HOUR = HOUR_MS / MINUTE_MS;
const DAY = DAY_MS / MINUTE_MS;
const startMs = Math.floor(Date.now() / 1_000) * 1_000 - 20 * DAY_MS + 123;

let reads: ReadsFixture;
let bench: SettlementBench;
let thief: PartnerId;
let authorization: string;

beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());
beforeEach(async () => {
  const campaign = { model: 'linear', clickWindowDays: 2 } as const;
  bench = await openSettlementBench(reads.db, { startMs, campaign });
  thief = await bench.partner();
  authorization = `Bearer ${await insertApiKey(reads.db, bench.tenant)}`;
});

const get = (path: string) => request(reads.app).get(path).set({ authorization });
const span = (fromMin: number, toMin: number) =>
  new URLSearchParams({
    from: toIso(startMs + fromMin * MINUTE_MS),
    to: toIso(startMs + toMin * MINUTE_MS),
  }).toString();

async function report(groupBy: string, [fromMin, toMin] = [0, 10 * DAY]) {
  const { body, status } = await get(`/v1/reports/attribution?${span(fromMin, toMin)}&groupBy=${groupBy}`);
  expect(status).toBe(200);
  expect(attributionReportSchema.parse(body)).toEqual(body);
  return new Map<string | null, Record<string, unknown>>(
    body.data.map((row: { key: string }) => [row.key, row]),
  );
}

/** A player of a path of both partners, who registers and deposits 10.01 and 5.00. */
async function sharedPlayer(player = 'P1', gapMin = HOUR) {
  const visitorId = bench.visitor();
  const first = await bench.click({ visitorId, atMin: 0 });
  const last = await bench.click({ visitorId, atMin: 2 * HOUR - gapMin, partnerId: thief });
  await bench.registration({ player, key: `R-${player}`, click: last, atMin: 2 * HOUR });
  await bench.deposit({ player, key: `D1-${player}`, atMin: 3 * HOUR, amountMinor: 1_001n });
  await bench.deposit({ player, key: `D2-${player}`, atMin: 4 * HOUR, amountMinor: 500n });
  await bench.settleAll();
  return { first, last };
}

const NOTHING = { conversions: [], firstDeposits: '0', value: [] };

describe('GET /v1/reports/attribution', () => {
  it('shares conversions, first deposits and value exactly', async () => {
    await sharedPlayer();
    const rows = await report('partner');
    const half = {
      conversions: [
        { event: 'deposit', credited: '1' },
        { event: 'registration', credited: '0.5' },
      ],
      firstDeposits: '0.5',
      viewThrough: NOTHING,
      assistedConversions: 0,
    };
    expect(rows).toEqual(
      new Map([
        [
          bench.partnerId,
          {
            ...{ key: bench.partnerId, ...half, value: [{ amount: '7.51', currency: 'EUR' }] },
            contests: { given: 0, received: 1, refused: 0 },
          },
        ],
        [
          thief,
          {
            ...{ key: thief, ...half, value: [{ amount: '7.50', currency: 'EUR' }] },
            contests: { given: 1, received: 0, refused: 0 },
          },
        ],
      ]),
    );
  });

  it('by campaign and by model it is the same whole', async () => {
    await sharedPlayer();
    const whole = { firstDeposits: '1', value: [{ amount: '15.01', currency: 'EUR' }] };
    const contests = { given: 1, received: 1, refused: 0 };
    expect(await report('campaign')).toEqual(
      new Map([[bench.campaignId, expect.objectContaining({ ...whole, contests })]]),
    );
    expect(await report('model')).toEqual(
      new Map([['linear', expect.objectContaining({ ...whole, contests })]]),
    );
  });

  it('tells assists once per partner and conversion', async () => {
    const campaignId = await insertCampaign(reads.db, { ...bench.tenant, partnerId: bench.partnerId });
    const visitorId = bench.visitor();
    for (const atMin of [0, 1, 2]) await bench.click({ visitorId, atMin, campaignId, partnerId: thief });
    const last = await bench.click({ visitorId, atMin: 30, campaignId });
    await bench.registration({ key: 'R1', click: last, atMin: 60 });
    await bench.settleAll();
    expect((await report('partner')).get(thief)).toMatchObject({
      ...NOTHING,
      assistedConversions: 1,
      contests: { given: 0, received: 1, refused: 0 },
    });
    expect((await report('campaign')).get(campaignId)).toMatchObject({ assistedConversions: 1 });
    expect((await report('model')).get('last_touch')).toMatchObject({ assistedConversions: 1 });
  });

  it('keeps what is credited to views apart, and what nobody sent without a partner', async () => {
    const visitorId = bench.visitor();
    const old = await bench.click({ visitorId, atMin: 0 });
    await bench.view({ visitorId, atMin: 3 * DAY });
    await bench.registration({ key: 'R1', click: old, atMin: 3 * DAY + 10 });
    await bench.deposit({ key: 'D1', atMin: 3 * DAY + 20 });
    const direct = await bench.click({ atMin: 0, partnerId: null });
    await bench.registration({ player: 'P2', key: 'R2', click: direct, atMin: 10 });
    await bench.settleAll();
    const rows = await report('partner');
    const viewed = {
      ...NOTHING,
      viewThrough: {
        conversions: [
          { event: 'deposit', credited: '1' },
          { event: 'registration', credited: '1' },
        ],
        firstDeposits: '1',
        value: [{ amount: '100.00', currency: 'EUR' }],
      },
    };
    expect(rows.get(bench.partnerId)).toMatchObject(viewed);
    expect((await report('campaign')).get(bench.campaignId)).toMatchObject({
      viewThrough: viewed.viewThrough,
    });
    expect(rows.get(null)).toMatchObject({ conversions: [{ event: 'registration', credited: '1' }] });
  });

  it('only what counts, in its span, of its workspace', async () => {
    await sharedPlayer();
    await bench.deposit({ key: 'D3', atMin: 5 * HOUR, status: 'pending' });
    await bench.chargeback({ key: 'C1', refersTo: 'D2-P1', amountMinor: 500n, atMin: 6 * HOUR });
    await bench.settleAll();
    const value = async (...given: [number, number]) =>
      (await report('model', given)).get('linear')?.value ?? null;
    expect(await value(0, 10 * DAY)).toEqual([{ amount: '10.01', currency: 'EUR' }]);
    expect(await value(3 * HOUR, 3 * HOUR + 1)).toEqual([{ amount: '10.01', currency: 'EUR' }]);
    expect(await value(0, 3 * HOUR)).toEqual([]);
    expect(await value(4 * HOUR, 10 * DAY)).toBeNull();
    const { body } = await reads.stranger.get(`/v1/reports/attribution?${span(0, 10 * DAY)}`);
    expect(body).toEqual({ data: [], rest: null, groupsLeftOut: 0 });
  });

  it.each(['', '?from=2026-01-01T00:00:00Z', `?${span(10, 10)}`, `?${span(0, 10)}&groupBy=mood`])(
    'refuses %s',
    async (query) => {
      const { status, body } = await get(`/v1/reports/attribution${query}`);
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    },
  );

  it('is one statement, whatever the number of conversions', async () => {
    await sharedPlayer();
    const one = await reads.countStatements(() => report('campaign'));
    await sharedPlayer('P2');
    expect(await reads.countStatements(() => report('campaign'))).toBe(one);
  });
});

describe('GET /v1/contests', () => {
  const list = async (query = '') => {
    const { body } = await get(`/v1/contests${query}`);
    for (const contest of body.data) expect(contestSchema.parse(contest)).toEqual(contest);
    return body;
  };

  it('shows who came between whom and whose player, how late, and what of it', async () => {
    const { first, last } = await sharedPlayer('P1', 0.1);
    const { data, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    expect(data).toEqual([
      {
        player: expect.stringMatching(/^ply_/),
        playerId: 'P1',
        challenger: {
          ...{ clickId: last, partnerId: thief, campaignId: bench.campaignId },
          clickedAt: toIso(startMs + 2 * HOUR_MS - 6_000),
        },
        protected: {
          ...{ clickId: first, partnerId: bench.partnerId, campaignId: bench.campaignId },
          clickedAt: toIso(startMs),
        },
        gapMs: 6_000,
        refused: true,
        reason: 'click_just_before_event',
        binding: {
          eventId: expect.stringMatching(/^evt_/),
          event: 'registration',
          occurredAt: toIso(startMs + 2 * HOUR_MS),
          partnerId: bench.partnerId,
        },
      },
    ]);
  });

  it('pages through all of them once, the latest challenge first, also when one click contests two players', async () => {
    const { last } = await sharedPlayer('P1');
    await bench.registration({ player: 'P2', key: 'R-P2', click: last, atMin: 2 * HOUR + 1 });
    await sharedPlayer('P3', 2);
    await bench.settleAll();
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const { data, nextCursor } = await list(`?limit=1${cursor}`);
      seen.push(data[0].playerId);
      cursor = `&cursor=${nextCursor}`;
    }
    expect(cursor).toBe('&cursor=null');
    expect(seen[0]).toBe('P3');
    expect(seen.sort()).toEqual(['P1', 'P2', 'P3']);
  });

  it('filters by partner and by refusal', async () => {
    await sharedPlayer('P1');
    await sharedPlayer('P2', 0.1);
    const players = async (query: string) =>
      (await list(query)).data.map(({ playerId }: { playerId: string }) => playerId);
    expect(await players('?refused=true')).toEqual(['P2']);
    expect(await players('?refused=false')).toEqual(['P1']);
    expect(await players(`?challengerPartnerId=${thief}`)).toHaveLength(2);
    expect(await players(`?protectedPartnerId=${thief}`)).toEqual([]);
  });

  it('shows nothing of another workspace, and refuses a foreign cursor', async () => {
    await sharedPlayer('P1');
    expect((await reads.stranger.get('/v1/contests')).body).toEqual({ data: [], nextCursor: null });
    expect((await get('/v1/contests?cursor=bm9uc2Vuc2U')).status).toBe(400);
  });
});
