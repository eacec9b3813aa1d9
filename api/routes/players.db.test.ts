import { MINUTE_MS, toIso } from '../../domain/time';
import { type ChainFixture, insertChain } from '../../testing/builders/insert-chain';
import { insertLtv, insertPlayer } from '../../testing/builders/insert-player';
import { insertBrand } from '../../testing/builders/insert-workspace';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { playerSchema } from '../schemas/players';

let reads: ReadsFixture;
let tenant: Tenant;
let chain: ChainFixture;
let clickedAtMs: number;

beforeAll(async () => {
  reads = await startReads();
  tenant = reads.tenant;
  clickedAtMs = reads.clock.nowMs() - 10 * MINUTE_MS;
  chain = await insertChain(reads.db, tenant, { clickedAtMs });
});

afterAll(() => reads.stop());

it('shows binding, lifetime value and timeline', async () => {
  const { body } = await tenant.get('/v1/players/casino-77');
  expect(playerSchema.parse(body)).toEqual(body);
  const { timeline, ...player } = body;
  expect(player).toEqual({
    playerId: chain.playerId,
    brand: 'default',
    externalId: 'casino-77',
    clickId: chain.clickId,
    partnerId: chain.partnerId,
    dealVersion: 1,
    bindingReason: 'bound',
    provisional: false,
    registeredAt: toIso(clickedAtMs + MINUTE_MS),
    exclusions: [],
    ltv: [
      {
        currency: 'EUR',
        deposits: {
          count: 1,
          total: '100.00',
          average: '100.00',
          first: toIso(clickedAtMs + 2 * MINUTE_MS),
          last: toIso(clickedAtMs + 2 * MINUTE_MS),
        },
        chargebacks: { count: 0, total: '0.00' },
        withdrawals: { count: 0, total: '0.00' },
        ngr: null,
      },
    ],
    frequency: {
      ...{ deposits: 1, daysActive: 1, depositsPerActiveDay: 1, depositsPer30Days: 1, recencyDays: 0 },
    },
    segment: {
      segment: 'new',
      rulesVersion: 1,
      because: ['deposits: 1, at least 1', 'days since the first deposit: 0, at most 30'],
    },
  });
  expect(timeline.map((entry: { kind: string }) => entry.kind)).toEqual([
    'click',
    'verdict',
    'registration',
    'conversion_settled',
    'deposit',
    'conversion_settled',
    'postback_created',
    'postback_attempt_failed',
    'postback_delivered',
  ]);
});

it('is the same by our id', async () => {
  const [ours, theirs] = [
    await tenant.get(`/v1/players/${chain.playerId}`),
    await tenant.get('/v1/players/casino-77'),
  ];
  expect(ours.body).toEqual(theirs.body);
});

it('shows a player that nothing bound yet', async () => {
  await insertPlayer(reads.db, { ...tenant, externalId: 'quiet' });
  const { body } = await tenant.get('/v1/players/quiet');
  expect(playerSchema.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    clickId: null,
    bindingReason: null,
    registeredAt: null,
    ltv: [],
    timeline: [],
  });
});

it('keeps currencies apart, rounds the average half away from zero, and has none without deposits', async () => {
  const playerId = await insertPlayer(reads.db, { ...tenant, externalId: 'rich' });
  const of = { ...tenant, playerId };
  await insertLtv(reads.db, { ...of, currency: 'EUR', depositCount: 2, depositTotalMinor: 10_001n });
  await insertLtv(reads.db, {
    ...of,
    currency: 'JPY',
    depositCount: 3,
    depositTotalMinor: 1_000_000_000_000_001n,
  });
  const takenBack = {
    depositCount: 0,
    depositTotalMinor: 0n,
    chargebackCount: 1,
    chargebackTotalMinor: 5_000n,
  };
  await insertLtv(reads.db, { ...of, currency: 'USD', ...takenBack });
  const { body } = await tenant.get('/v1/players/rich');
  const deposits = Object.fromEntries(
    body.ltv.map((value: { currency: string; deposits: object }) => [value.currency, value.deposits]),
  );
  expect(deposits.EUR).toMatchObject({ count: 2, total: '100.01', average: '50.01' });
  expect(deposits.JPY).toMatchObject({ count: 3, total: '1000000000000001', average: '333333333333334' });
  expect(deposits.USD).toEqual({ count: 0, total: '0.00', average: null, first: null, last: null });
  expect(body.ltv[2].chargebacks).toEqual({ count: 1, total: '50.00' });
});

it('takes a casino’s id with reserved characters', async () => {
  const playerId = await insertPlayer(reads.db, { ...tenant, externalId: 'a/b ü?%' });
  const { body } = await tenant.get(`/v1/players/${encodeURIComponent('a/b ü?%')}`);
  expect(body.playerId).toBe(playerId);
});

it('asks for the brand when several have a player with this id', async () => {
  const brandId = await insertBrand(reads.db, { ...tenant, name: 'vegas' });
  const here = await insertPlayer(reads.db, { ...tenant, externalId: 'twin' });
  const there = await insertPlayer(reads.db, { ...tenant, brandId, externalId: 'twin' });
  const ambiguous = await tenant.get('/v1/players/twin');
  expect(ambiguous.status).toBe(400);
  expect(ambiguous.body.errors).toEqual([
    { path: 'brand', message: expect.stringContaining('default, vegas') },
  ]);
  expect((await tenant.get('/v1/players/twin?brand=vegas')).body.playerId).toBe(there);
  expect((await tenant.get('/v1/players/twin?brand=default')).body.playerId).toBe(here);
  expect((await tenant.get(`/v1/players/${there}`)).body.brand).toBe('vegas');
  expect((await tenant.get(`/v1/players/${there}?brand=default`)).status).toBe(404);
  expect((await tenant.get('/v1/players/twin?brand=reno')).status).toBe(404);
});
