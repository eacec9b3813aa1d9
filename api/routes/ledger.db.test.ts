import { MINUTE_MS, toIso } from '../../domain/time';
import { type ChainFixture, insertChain } from '../../testing/builders/insert-chain';
import { insertCommission, reverseCommission } from '../../testing/builders/insert-commission';
import { insertConversion } from '../../testing/builders/insert-conversion';
import { type ReadsFixture, startReads, type Tenant } from '../../testing/reads-fixture';
import { ledgerEntrySchema, trialBalanceSchema } from '../schemas/ledger';

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

type Entry = { entryId: string; account: string; amount: string; currency: string };

async function entries(query: string): Promise<Entry[]> {
  const { body, status } = await tenant.get(`/v1/ledger/entries?${query}`);
  expect(status).toBe(200);
  return body.data;
}

it('shows both sides of a booked commission and what caused it', async () => {
  const [debit, credit] = await entries(`partnerId=${chain.partnerId}`);
  expect(ledgerEntrySchema.parse(debit)).toEqual(debit);
  expect(debit).toMatchObject({
    at: toIso(clickedAtMs + 2 * MINUTE_MS),
    account: `expense:commission:${chain.campaignId}`,
    amount: '50.00',
    currency: 'EUR',
    reason: 'first_deposit',
    conversionId: chain.depositId,
    lineId: chain.lineId,
    revision: 1,
    eventId: chain.depositEventId,
  });
  expect(credit).toMatchObject({ account: `payable:${chain.partnerId}`, amount: '-50.00' });
});

it('filters by account and by time of posting, the start included and the end not', async () => {
  const at = toIso(clickedAtMs + 2 * MINUTE_MS);
  const next = toIso(clickedAtMs + 2 * MINUTE_MS + 1);
  const payable = `account=payable:${chain.partnerId}`;
  expect(await entries(payable)).toHaveLength(1);
  expect(await entries(`${payable}&from=${at}&to=${next}`)).toHaveLength(1);
  expect(await entries(`${payable}&from=${next}`)).toEqual([]);
  expect(await entries(`${payable}&to=${at}`)).toEqual([]);
});

describe('the trial balance', () => {
  it('is empty without entries', async () => {
    const { body } = await reads.stranger.get('/v1/ledger/trial-balance');
    expect(body).toEqual({ currencies: [] });
  });

  it('adds up per currency and never across', async () => {
    const lost = await insertChain(reads.db, tenant, { clickedAtMs, externalId: 'casino-78' });
    await reverseCommission(reads.db, lost.lineId, { eventId: lost.depositEventId });
    // A player earns each partner one CPA, so the yen go to the partner whose own line was taken back.
    const yen = { ...tenant, ...chain, eventId: chain.depositEventId, partnerId: lost.partnerId };
    const conversionId = await insertConversion(reads.db, { ...yen, kind: 'sale' });
    await insertCommission(reads.db, { ...yen, conversionId, amountMinor: 700n, currency: 'JPY' });

    const { body } = await tenant.get('/v1/ledger/trial-balance');
    expect(trialBalanceSchema.parse(body)).toEqual(body);
    const expected = (balances: Record<string, string>) =>
      Object.entries(balances)
        .map(([account, balance]) => ({ account, balance }))
        .sort((a, b) => (a.account < b.account ? -1 : 1));
    const sorted = body.currencies.map((books: { accounts: { account: string }[] }) => ({
      ...books,
      accounts: [...books.accounts].sort((a, b) => (a.account < b.account ? -1 : 1)),
    }));
    expect(sorted).toEqual([
      {
        currency: 'EUR',
        total: '0.00',
        accounts: expected({
          [`expense:commission:${chain.campaignId}`]: '50.00',
          [`payable:${chain.partnerId}`]: '-50.00',
          [`expense:commission:${lost.campaignId}`]: '0.00',
          [`payable:${lost.partnerId}`]: '0.00',
        }),
        rest: null,
      },
      {
        currency: 'JPY',
        total: '0',
        accounts: expected({
          [`expense:commission:${chain.campaignId}`]: '700',
          [`payable:${lost.partnerId}`]: '-700',
        }),
        rest: null,
      },
    ]);
  });

  it('is one statement', async () => {
    // The other one authenticates.
    expect(await reads.countStatements(() => tenant.get('/v1/ledger/trial-balance'))).toBe(2);
  });
});
