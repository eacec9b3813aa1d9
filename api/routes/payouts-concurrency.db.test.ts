import { currency } from '../../domain/testing/facts';
import { openPayoutBench, type PayoutBench } from '../../testing/payout-bench';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { ruleOn } from '../../testing/rule-on';
import type { SettlementBench } from '../../testing/settlement-bench';

let reads: ReadsFixture;
let payouts: PayoutBench;
let bench: SettlementBench;

beforeAll(async () => {
  reads = await startReads({ poolMax: 40 });
});
afterAll(() => reads.stop());

/** A bench of its own for each test, because a partner's balance is everything he was ever owed. */
async function open(given: Parameters<typeof openPayoutBench>[1] = {}): Promise<void> {
  payouts = await openPayoutBench(reads, given);
  bench = payouts.bench;
}
beforeEach(() => open());
afterEach(() => payouts.assertBalanced());

const pay: PayoutBench['pay'] = (...given) => payouts.pay(...given);
const balance: PayoutBench['balance'] = (...given) => payouts.balance(...given);
const statusOf: PayoutBench['statusOf'] = (transaction) => payouts.statusOf(transaction);
const convert: PayoutBench['convert'] = (...given) => payouts.convert(...given);
const eur = (held: string, payable: string, paid: string) => [{ currency: 'EUR', held, payable, paid }];

describe('at the same time', () => {
  it('twenty payouts of one partner pay once', async () => {
    await convert('P1');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => pay({ reference: `wire-${n}` })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'nothing_payable')).toHaveLength(19);
    expect(await balance()).toEqual(eur('0.00', '0.00', '50.00'));
  });

  it('one reference sent twenty times is one payout', async () => {
    await convert('P1');
    const answers = await Promise.all(Array.from({ length: 20 }, () => pay({})));
    expect(new Set(answers.map(({ body }) => body.payoutId)).size).toBe(1);
  });

  it('payouts and settlements of the same players neither lock each other up nor lose a cent', async () => {
    await open({
      terms: { kind: 'hybrid', ratePpm: 100_000, cpa: { amountMinor: 5_000n, currency: currency('EUR') } },
    });
    const players = ['P1', 'P2', 'P3', 'P4'];
    for (const player of players) await convert(player);
    const events: (() => Promise<unknown>)[] = [];
    for (const player of players) {
      for (let n = 0; n < 4; n += 1) {
        const deposit = await bench.deposit({
          player,
          key: `D${n}-${player}`,
          atMin: 6 + n,
          amountMinor: 1_000n,
        });
        events.push(() => bench.settle(deposit.id));
      }
      const given = { player, key: `C-${player}`, refersTo: `D-${player}`, atMin: 20, amountMinor: 5_000n };
      const { id } = await bench.chargeback(given);
      events.push(() => bench.settle(id));
    }
    const payouts = Array.from({ length: 10 }, (_, n) => () => pay({ reference: `wire-${n}` }));
    const work = events.flatMap((event, n) => [event, payouts[n]].filter((one) => one !== undefined));
    const answers = await Promise.all(work.map((one) => one()));
    expect(answers.map((answer) => (answer as { status?: number }).status).filter((s) => s === 503)).toEqual(
      [],
    );
    // What was paid before a chargeback came is taken back from what is earned next.
    await bench.settle((await bench.deposit({ player: 'P1', key: 'D9', atMin: 30 })).id);
    await pay({ reference: 'the last' });
    // Per player: 50, 10 % of what is left of 100, and of four times 10; and 10 % of the last 100.
    expect(await balance()).toEqual(eur('0.00', '0.00', '246.00'));
    expect(await Promise.all(players.map((player) => statusOf(`D-${player}`)))).toEqual(
      players.map(() => 'paid'),
    );
  });

  it('payouts to partners who share their conversions wait for each other and pay each his part', async () => {
    await open({ campaign: { model: 'linear' } });
    const partners = [bench.partnerId, await bench.partner(), await bench.partner()];
    const players = Array.from({ length: 12 }, (_, n) => `P${n}`);
    for (const player of players) {
      const visitorId = bench.visitor();
      const clicks = [];
      for (const partnerId of partners) clicks.push(await bench.click({ visitorId, partnerId }));
      const click = clicks.at(-1);
      await bench.settle((await bench.registration({ player, key: `R-${player}`, click, atMin: 5 })).id);
      await bench.settle((await bench.deposit({ player, key: `D-${player}`, atMin: 6 })).id);
    }
    const answers = await Promise.all(partners.map((partnerId) => pay({}, partnerId)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const paid = answers.map(({ body }) => Number(body.amount.amount.replace('.', '')));
    expect(paid.reduce((sum, minor) => sum + minor, 0)).toBe(12 * 5_000);
    expect(new Set(await Promise.all(players.map((player) => statusOf(`D-${player}`))))).toEqual(
      new Set(['paid']),
    );
  });

  it('a ruling on what was paid meanwhile is stale, and none is lost', async () => {
    await convert('P1');
    const [, ruled] = await Promise.allSettled([pay({}), ruleOn(bench, 'D-P1', 'reject')]);
    const status = await statusOf('D-P1');
    expect(status).toBe(ruled.status === 'fulfilled' ? 'rejected' : 'paid');
    // Paid and kept; paid, then refused; or refused before anything was due.
    const possible =
      status === 'paid'
        ? [eur('0.00', '0.00', '50.00')]
        : [eur('0.00', '-50.00', '50.00'), eur('0.00', '0.00', '0.00')];
    expect(possible).toContainEqual(await balance());
  });
});
