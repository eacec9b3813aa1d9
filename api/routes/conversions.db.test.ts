import { MINUTE_MS, toIso } from '../../domain/time';
import { type ChainFixture, insertChain } from '../../testing/builders/insert-chain';
import { insertClick } from '../../testing/builders/insert-click';
import { insertConversion, insertCredit } from '../../testing/builders/insert-conversion';
import { insertEvent } from '../../testing/builders/insert-event';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { conversionSchema } from '../schemas/conversions';

let reads: ReadsFixture;
let tenant: Tenant;
let chain: ChainFixture;
let other: ChainFixture;
let clickedAtMs: number;

beforeAll(async () => {
  reads = await startReads();
  tenant = reads.tenant;
  clickedAtMs = reads.clock.nowMs() - 10 * MINUTE_MS;
  chain = await insertChain(reads.db, tenant, { clickedAtMs });
  other = await insertChain(reads.db, tenant, { clickedAtMs: clickedAtMs + 1, externalId: 'casino-78' });
});

afterAll(() => reads.stop());

async function idsOf(query: string): Promise<string[]> {
  const { body, status } = await tenant.get(`/v1/conversions?${query}`);
  expect(status).toBe(200);
  return body.data.map((conversion: { conversionId: string }) => conversion.conversionId);
}

it('shows a first deposit with value, credit, commission, verdict and postbacks', async () => {
  const { body } = await tenant.get(`/v1/conversions/${chain.depositId}`);
  expect(conversionSchema.parse(body)).toEqual(body);
  expect(body).toEqual({
    conversionId: chain.depositId,
    revision: 1,
    clickId: chain.clickId,
    playerId: 'casino-77',
    player: chain.playerId,
    brand: 'default',
    event: 'deposit',
    trust: 'keyed',
    firstDeposit: true,
    status: 'approved',
    reason: null,
    occurredAt: toIso(clickedAtMs + 2 * MINUTE_MS),
    campaignId: chain.campaignId,
    transactionId: `deposit-${chain.playerId}`,
    value: { amount: '100.00', currency: 'EUR' },
    attribution: {
      model: 'last_touch',
      basis: 'click',
      credits: [
        {
          touchKind: 'click',
          touchId: chain.clickId,
          partnerId: chain.partnerId,
          weight: 1,
          amount: '100.00',
        },
      ],
      losing: [],
    },
    commission: [
      {
        partnerId: chain.partnerId,
        amount: '50.00',
        currency: 'EUR',
        dealVersion: 1,
        kind: 'cpa',
        reason: 'first_deposit',
        stage: 'approved',
        holdUntil: null,
        explanation: null,
      },
    ],
    verdict: { outcome: 'allow', score: 0, reasons: [] },
    postbackIds: [chain.postbackId],
    scenarios: [],
  });
});

it('shows a conversion without value, player or credit', async () => {
  const eventId = await insertEvent(reads.db, { ...tenant, kind: 'install' });
  const conversionId = await insertConversion(reads.db, {
    ...tenant,
    eventId,
    kind: 'install',
    reason: 'no_touch',
  });
  const { body } = await tenant.get(`/v1/conversions/${conversionId}`);
  expect(conversionSchema.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    clickId: null,
    playerId: null,
    player: null,
    campaignId: null,
    value: null,
    reason: 'no_touch',
    attribution: { model: 'last_touch', credits: [] },
    commission: [],
    verdict: null,
    postbackIds: [],
  });
});

it('gives amounts in the decimals of their currency and exactly, however large, and weights as shares', async () => {
  const eventId = await insertEvent(reads.db, { ...tenant, kind: 'sale' });
  const amountMinor = 900_000_000_000_001n;
  const sale = { ...tenant, eventId, kind: 'sale', amountMinor, currency: 'JPY' } as const;
  const conversionId = await insertConversion(reads.db, sale);
  const thirds = [333_334, 333_333, 333_333];
  for (const weightPpm of thirds) {
    const clickId = await insertClick(reads.db, tenant);
    await insertCredit(reads.db, { conversionId, clickId, weightPpm, amountMinor: amountMinor / 3n });
  }
  const { body } = await tenant.get(`/v1/conversions/${conversionId}`);
  expect(body.value).toEqual({ amount: '900000000000001', currency: 'JPY' });
  const credits: { weight: number; amount: string }[] = body.attribution.credits;
  const weights = credits.map(({ weight }) => weight);
  expect(weights).toHaveLength(3);
  expect(weights).toEqual(expect.arrayContaining([0.333333, 0.333334]));
  expect(credits[0]?.amount).toBe('300000000000000');
});

it('filters by click, campaign, status and player, latest first', async () => {
  const both = [chain.depositId, chain.registrationId];
  expect(await idsOf(`clickId=${chain.clickId}`)).toEqual(both);
  expect(await idsOf(`campaignId=${chain.campaignId}`)).toEqual(both);
  expect(await idsOf('playerId=casino-77')).toEqual(both);
  expect(await idsOf(`playerId=${chain.playerId}`)).toEqual(both);
  expect(await idsOf('playerId=nobody')).toEqual([]);
  expect(await idsOf(`clickId=${chain.clickId}&status=reversed`)).toEqual([]);
  expect(await idsOf(`clickId=${chain.clickId}&status=approved&playerId=casino-78`)).toEqual([]);
  expect(await idsOf('playerId=casino-78')).toEqual([other.depositId, other.registrationId]);
});

it('filters by the event’s own time, the start included and the end not', async () => {
  const at = toIso(clickedAtMs + MINUTE_MS);
  const next = toIso(clickedAtMs + MINUTE_MS + 1);
  const of = `clickId=${chain.clickId}`;
  expect(await idsOf(`${of}&from=${at}&to=${next}`)).toEqual([chain.registrationId]);
  expect(await idsOf(`${of}&from=${next}`)).toEqual([chain.depositId]);
  expect(await idsOf(`${of}&to=${at}`)).toEqual([]);
});
