import { createSettlementActivities } from '../../activities/settlement';
import { uuidFromId } from '../../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS, toIso } from '../../domain/time';
import { insertDeal } from '../../testing/builders/insert-partner';
import { openPayoutBench, type PayoutBench } from '../../testing/payout-bench';
import { findPlayer, readTrialBalance } from '../../testing/player-books';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { ruleOn } from '../../testing/rule-on';
import type { SettlementBench } from '../../testing/settlement-bench';
import { balanceSchema, itemisedPayoutSchema, payoutSchema } from '../schemas/payouts';

let reads: ReadsFixture;
let payouts: PayoutBench;
let bench: SettlementBench;

beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

/** A bench of its own for each test, because a partner's balance is everything he was ever owed. */
async function open(given: Parameters<typeof openPayoutBench>[1] = {}): Promise<void> {
  payouts = await openPayoutBench(reads, given);
  bench = payouts.bench;
}
beforeEach(() => open());
afterEach(() => payouts.assertBalanced());

const get: PayoutBench['get'] = (path) => payouts.get(path);
const pay: PayoutBench['pay'] = (...given) => payouts.pay(...given);
const balance: PayoutBench['balance'] = (...given) => payouts.balance(...given);
const statusOf: PayoutBench['statusOf'] = (transaction) => payouts.statusOf(transaction);
const convert: PayoutBench['convert'] = (...given) => payouts.convert(...given);
const chargeBack: PayoutBench['chargeBack'] = (...given) => payouts.chargeBack(...given);
const eur = (held: string, payable: string, paid: string) => [{ currency: 'EUR', held, payable, paid }];

describe('a payout', () => {
  it('pays what is due, item by item, books it and marks the conversion as paid', async () => {
    await convert('P1');
    expect(await balance()).toEqual(eur('0.00', '50.00', '0.00'));
    const shown = { currencies: await balance() };
    expect(balanceSchema.parse(shown)).toEqual(shown);
    const { body, status, headers } = await pay({ note: 'November' });
    expect(status).toBe(201);
    expect(itemisedPayoutSchema.parse(body)).toEqual(body);
    expect(headers.location).toBe(`/v1/payouts/${body.payoutId}`);
    expect(body).toMatchObject({
      partnerId: bench.partnerId,
      amount: { amount: '50.00', currency: 'EUR' },
      reference: 'wire-1',
      note: 'November',
      upTo: null,
      lineCount: 1,
      lines: [{ event: 'deposit', transactionId: 'D-P1', kind: 'cpa', amount: '50.00', revision: 1 }],
      nextCursor: null,
    });
    expect(await balance()).toEqual(eur('0.00', '0.00', '50.00'));
    expect(await bench.conversion('D-P1')).toMatchObject({ status: 'paid', reason: null, revision: 2 });
    const audit = await reads.db('audit').where({ action: 'conversion.paid', cause: body.payoutId });
    expect(audit).toEqual([
      expect.objectContaining({ detail: { revision: 2, status: 'paid', reference: 'wire-1' } }),
    ]);
    const { accounts } = await readTrialBalance(reads.db, bench.tenant.workspaceId);
    expect(accounts).toEqual({
      [`expense:commission:${bench.campaignId} EUR`]: '5000',
      [`paid:${bench.partnerId} EUR`]: '-5000',
    });
    const entries = await get(`/v1/ledger/entries?partnerId=${bench.partnerId}`);
    expect(entries.body.data).toHaveLength(4);
    expect(entries.body.data.at(-1)).toMatchObject({
      account: `paid:${bench.partnerId}`,
      amount: '-50.00',
      reason: 'payout',
      payoutId: body.payoutId,
      lineId: null,
      eventId: null,
    });
  });

  it('is made once per reference: the same one again gets the first answer', async () => {
    await convert('P1');
    const first = await pay({});
    await convert('P2');
    const again = await pay({});
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(await balance()).toEqual(eur('0.00', '50.00', '50.00'));
    const other = await pay({ upTo: '2026-01-01T00:00:00Z' });
    expect({ status: other.status, code: other.body.code, path: other.body.errors[0].path }).toEqual({
      status: 409,
      code: 'already_exists',
      path: 'reference',
    });
    const preview = await pay({ dryRun: true });
    expect(preview.body.payoutId).toBe(first.body.payoutId);
  });

  it('is repeated safely by its Idempotency-Key', async () => {
    await convert('P1');
    const key = { 'idempotency-key': 'one' };
    const first = await pay({}, bench.partnerId, key);
    expect((await pay({}, bench.partnerId, key)).body).toEqual(first.body);
    const other = await pay({ reference: 'wire-2' }, bench.partnerId, key);
    expect(other.body.code).toBe('idempotency_conflict');
    expect(await reads.db('payouts').where('partner_id', uuidFromId(bench.partnerId))).toHaveLength(1);
  });

  it('is refused when nothing is due, and says what is', async () => {
    const { body, status } = await pay({});
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'nothing_payable' });
    expect(body.detail).toBe('What is due to this partner is 0.00 EUR; nothing was paid.');
    await convert('P1');
    expect((await pay({ currency: 'USD' })).body.detail).toContain('0.00 USD');
  });

  it('is tried out with a dry run, which changes nothing', async () => {
    await convert('P1');
    const { body, status } = await pay({ dryRun: true });
    expect(status).toBe(200);
    expect(itemisedPayoutSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      payoutId: null,
      paidAt: null,
      amount: { amount: '50.00', currency: 'EUR' },
      lines: [{ transactionId: 'D-P1', amount: '50.00' }],
    });
    expect(await statusOf('D-P1')).toBe('approved');
    expect(await balance()).toEqual(eur('0.00', '50.00', '0.00'));
    expect((await pay({})).body.lines).toEqual(body.lines);
  });

  it('leaves out what occurred at or after the given time', async () => {
    await convert('P1', 2);
    await convert('P2', 10);
    const upTo = toIso(bench.startMs + 10 * MINUTE_MS);
    const { body } = await pay({ upTo });
    expect(body).toMatchObject({ upTo, lines: [{ transactionId: 'D-P1' }] });
    expect([await statusOf('D-P1'), await statusOf('D-P2')]).toEqual(['paid', 'approved']);
  });

  it('pays in parts what is more than one entry of the ledger holds', async () => {
    await convert('P1', 2);
    await convert('P2', 10);
    // So much takes a thousand lines of the largest amount each.
    await reads
      .db('commission_lines')
      .where({ partner_id: uuidFromId(bench.partnerId) })
      .update({ amount_minor: '5000000000000000001' });
    const { body, status } = await pay({});
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { path: 'upTo', message: 'must be earlier: more than 10000000000000000.00 EUR is due' },
    ]);
    await reads.db('commission_lines').update({ amount_minor: '900000000000000000' });
    expect((await pay({})).status).toBe(400);
    const part = await pay({ upTo: toIso(bench.startMs + 10 * MINUTE_MS) });
    expect(part.body.amount).toEqual({ amount: '9000000000000000.00', currency: 'EUR' });
  });

  it('never pays what is on hold, and pays it when the hold is over', async () => {
    await open({ holdDays: 7 });
    await convert('P1');
    expect(await balance()).toEqual(eur('50.00', '0.00', '0.00'));
    expect((await pay({})).body.code).toBe('nothing_payable');
    const { settleDue } = createSettlementActivities(bench);
    const holdEndMs = bench.startMs + 2 * MINUTE_MS + 7 * DAY_MS;
    const subject = await findPlayer(reads.db, bench.tenant.workspaceId, 'P1');
    await settleDue({ subject, dueAtMs: holdEndMs });
    expect(await statusOf('D-P1')).toBe('approved');
    expect((await pay({})).body.amount).toEqual({ amount: '50.00', currency: 'EUR' });
    expect(await balance()).toEqual(eur('0.00', '0.00', '50.00'));
  });

  it('keeps currencies apart', async () => {
    await open({ terms: { kind: 'percent', ratePpm: 250_000 } });
    await convert('P1');
    const dollars = await bench.deposit({
      player: 'P1',
      key: 'D-usd',
      atMin: 3,
      currency: 'USD',
      amountMinor: 4_000n,
    });
    await bench.settle(dollars.id);
    expect((await pay({ currency: 'USD' })).body.amount).toEqual({ amount: '10.00', currency: 'USD' });
    expect([await statusOf('D-P1'), await statusOf('D-usd')]).toEqual(['approved', 'paid']);
    expect(await balance()).toEqual([
      { currency: 'EUR', held: '0.00', payable: '25.00', paid: '0.00' },
      { currency: 'USD', held: '0.00', payable: '0.00', paid: '10.00' },
    ]);
  });
});

describe('after a payment', () => {
  it('a chargeback reverses the conversion, and the next payout carries the negative amount', async () => {
    await convert('P1');
    await pay({});
    await chargeBack('P1');
    expect(await statusOf('D-P1')).toBe('reversed');
    expect(await balance()).toEqual(eur('0.00', '-50.00', '50.00'));
    expect((await pay({ reference: 'wire-2' })).body.detail).toContain('-50.00 EUR');
    await convert('P2');
    expect((await pay({ reference: 'wire-2' })).body.detail).toContain(' 0.00 EUR');
    await convert('P3');
    const { body } = await pay({ reference: 'wire-2' });
    expect(body.amount.amount).toBe('50.00');
    expect(body.lines.map((line: { amount: string }) => line.amount).sort()).toEqual([
      '-50.00',
      '50.00',
      '50.00',
    ]);
    expect(await Promise.all(['D-P1', 'D-P2', 'D-P3'].map(statusOf))).toEqual(['reversed', 'paid', 'paid']);
    expect(await balance()).toEqual(eur('0.00', '0.00', '100.00'));
  });

  it('a conversion whose amounts stay the same stays paid', async () => {
    await convert('P1');
    await pay({});
    await chargeBack('P1', 1_000n);
    expect(await bench.conversion('D-P1')).toMatchObject({ status: 'paid', revision: 3 });
    expect((await pay({ reference: 'wire-2' })).body.code).toBe('nothing_payable');
  });

  it('a lowered amount is approved again until the difference is settled', async () => {
    await open({ terms: { kind: 'percent', ratePpm: 100_000 } });
    await convert('P1');
    await pay({});
    await chargeBack('P1', 4_000n);
    expect(await statusOf('D-P1')).toBe('approved');
    await convert('P2');
    const { body } = await pay({ reference: 'wire-2' });
    expect(body.amount.amount).toBe('6.00');
    expect([await statusOf('D-P1'), await statusOf('D-P2')]).toEqual(['paid', 'paid']);
  });

  it('a raise is approved until it is paid', async () => {
    await insertDeal(reads.db, {
      ...bench.tenant,
      partnerId: bench.partnerId,
      version: 2,
      cpaMinor: 3_000n,
      validFromMs: bench.startMs + 2 * MINUTE_MS,
    });
    const clickId = await bench.click();
    await bench.settle((await bench.deposit({ key: 'D1', click: clickId, atMin: 3 })).id);
    expect((await pay({})).body.amount.amount).toBe('30.00');
    // The registration turns up late: the player was bound while the better terms held.
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id);
    expect(await statusOf('D1')).toBe('approved');
    const { body } = await pay({ reference: 'wire-2' });
    expect(body.lines).toMatchObject([{ transactionId: 'D1', amount: '20.00', revision: 2 }]);
    expect(await statusOf('D1')).toBe('paid');
  });

  it('what is refused and approved again before the next payout is paid at once', async () => {
    await convert('P1');
    await pay({});
    expect(await ruleOn(bench, 'D-P1', 'reject')).toBe('rejected');
    expect(await balance()).toEqual(eur('0.00', '-50.00', '50.00'));
    expect(await ruleOn(bench, 'D-P1', 'approve')).toBe('paid');
    expect(await balance()).toEqual(eur('0.00', '0.00', '50.00'));
  });

  it('of several partners each is paid, and the conversion only with the last of them', async () => {
    await open({ campaign: { model: 'linear' } });
    const visitorId = bench.visitor();
    const partners = [bench.partnerId, await bench.partner(), await bench.partner()];
    let clickId = await bench.click({ visitorId });
    for (const partnerId of partners.slice(1)) clickId = await bench.click({ visitorId, partnerId });
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 5 })).id);
    await bench.settle((await bench.deposit({ key: 'D1', atMin: 6 })).id);
    const statuses: unknown[] = [];
    for (const partnerId of partners) {
      expect((await pay({}, partnerId)).body.amount.amount).toMatch(/^16\.6[67]$/);
      statuses.push(await statusOf('D1'));
    }
    expect(statuses).toEqual(['approved', 'approved', 'paid']);
  });
});

describe('reading payouts', () => {
  it('lists those of a partner, page by page, and the lines of one', async () => {
    for (const player of ['P1', 'P2', 'P3']) await convert(player);
    const first = await pay({ upTo: toIso(bench.startMs + HOUR_MS) });
    await convert('P4');
    reads.clock.set(reads.clock.nowMs() + 1);
    const second = await pay({ reference: 'wire-2' });
    const page = await get(`/v1/partners/${bench.partnerId}/payouts?limit=1`);
    expect(page.body.data.map((payout: object) => payoutSchema.parse(payout))).toEqual(page.body.data);
    const rest = await get(`/v1/partners/${bench.partnerId}/payouts?cursor=${page.body.nextCursor}`);
    const ids = [...page.body.data, ...rest.body.data].map(({ payoutId }) => payoutId);
    expect(ids).toEqual([first.body.payoutId, second.body.payoutId]);
    expect((await get(`/v1/payouts/${ids[0]}`)).body).toEqual(first.body);
    const lines = await get(`/v1/payouts/${ids[0]}?limit=2`);
    const others = await get(`/v1/payouts/${ids[0]}?cursor=${lines.body.nextCursor}`);
    expect([...lines.body.lines, ...others.body.lines]).toEqual(first.body.lines);
  });

  it('shows a stranger nothing, and pays nobody of another workspace', async () => {
    await convert('P1');
    const { body } = await pay({});
    const paths = [
      `/v1/partners/${bench.partnerId}/payouts`,
      `/v1/partners/${bench.partnerId}/balance`,
      `/v1/payouts/${body.payoutId}`,
    ];
    for (const path of paths) expect((await reads.stranger.get(path)).status).toBe(404);
    const send = { currency: 'EUR', reference: 'wire-9' };
    expect((await reads.stranger.post(paths[0] ?? '').send(send)).body.code).toBe('not_found');
  });

  it.each([
    ['no currency', { currency: undefined }, 'currency'],
    ['an unknown currency', { currency: 'EURO' }, 'currency'],
    ['no reference', { reference: undefined }, 'reference'],
    ['an empty reference', { reference: ' ' }, 'reference'],
    ['a time without a zone', { upTo: '2026-01-01T00:00:00' }, 'upTo'],
    ['an unknown field', { amount: '5.00' }, 'amount'],
  ])('refuses %s', async (_name, body, path) => {
    const answer = await pay(body);
    expect({ status: answer.status, path: answer.body.errors[0].path }).toEqual({ status: 400, path });
  });
});
