import { DEPOSIT_STATUSES, type DepositStatus } from '../facts';
import { permutations, subsets } from '../testing/fact-sets';
import { aChargeback, aDeposit, aRegistration, CLICKED_AT_MS, money } from '../testing/facts';
import { type Deposit, deriveDeposits, standingFact } from './deposits';

const only = (deposits: readonly Deposit[]): Deposit => {
  const [deposit, ...others] = deposits;
  if (deposit === undefined || others.length > 0) throw new Error(`${deposits.length} deposits`);
  return deposit;
};
const inStatus = (status: DepositStatus) => aDeposit({ status });

describe('deriveDeposits: the status of a transaction', () => {
  it.each(
    subsets(DEPOSIT_STATUSES)
      .filter((statuses) => statuses.length > 0)
      .map((statuses) => [statuses]),
  )('reported as %p in any order: the highest rank counts', (statuses) => {
    for (const order of permutations(statuses)) {
      const deposit = only(deriveDeposits(order.map(inStatus)));
      expect(deposit.facts.map((fact) => fact.status)).toEqual(statuses);
      expect(deposit.latest.status).toBe(statuses.at(-1));
      expect(deposit.confirmed?.status ?? null).toBe(statuses.includes('confirmed') ? 'confirmed' : null);
    }
  });

  it('counts a payment that failed and was confirmed later', () => {
    const deposit = only(deriveDeposits([inStatus('confirmed'), inStatus('failed')]));
    expect(deposit.remaining).toEqual(money('100.00 EUR'));
  });

  it('knows no money while the transaction is only reversed', () => {
    const deposit = only(deriveDeposits([inStatus('reversed')]));
    expect(deposit).toMatchObject({ confirmed: null, remaining: null });
  });

  it('leaves nothing of a confirmed and reversed one', () => {
    const deposit = only(deriveDeposits([inStatus('reversed'), inStatus('confirmed')]));
    expect(deposit.remaining).toEqual(money('0.00 EUR'));
  });

  it('stands at the time of its confirmation, else of its highest rank', () => {
    const at = (status: DepositStatus, minutes: number) =>
      aDeposit({ status, occurredAtMs: CLICKED_AT_MS + minutes * 60_000 });
    const [pending, confirmed, reversed] = [at('pending', 9), at('confirmed', 5), at('reversed', 1)];
    expect(standingFact(only(deriveDeposits([pending, reversed, confirmed])))).toBe(confirmed);
    expect(standingFact(only(deriveDeposits([pending, reversed])))).toBe(reversed);
  });
});

describe('deriveDeposits: order', () => {
  it('is that of the deposits’ own time, then of the sender’s key', () => {
    const deposit = (transactionKey: string, minutes: number) =>
      aDeposit({ transactionKey, occurredAtMs: CLICKED_AT_MS + minutes * 60_000 });
    const facts = [deposit('a', 2), deposit('c', 1), deposit('b', 1), aRegistration()];
    for (const order of permutations(facts)) {
      expect(deriveDeposits(order).map((each) => each.transactionKey)).toEqual(['b', 'c', 'a']);
    }
  });
});

describe('deriveDeposits: chargebacks', () => {
  const deposit = aDeposit({ senderEventId: 'event-7' });
  const remaining = (...chargebacks: Parameters<typeof aChargeback>[0][]) =>
    only(
      deriveDeposits([
        ...chargebacks.map((changes, index) =>
          aChargeback({ transactionKey: `chargeback-${index}`, ...changes }),
        ),
        deposit,
      ]),
    ).remaining;

  it.each([
    ['by the deposit’s event id', { refersTo: 'event-7' }, '0.00 EUR'],
    ['by its transaction id', { refersTo: 'deposit-1' }, '0.00 EUR'],
    ['of a deposit that nobody knows', { refersTo: 'deposit-2' }, '100.00 EUR'],
    ['of a part', { money: money('30.00 EUR') }, '70.00 EUR'],
    ['of more than was paid', { money: money('100.01 EUR') }, '0.00 EUR'],
    ['in another currency', { money: money('100.00 USD') }, '100.00 EUR'],
    ['that is blocked', { outcome: 'block' as const }, '100.00 EUR'],
    ['that is under review', { outcome: 'review' as const }, '0.00 EUR'],
    ['dated before the deposit', { occurredAtMs: CLICKED_AT_MS - 1 }, '0.00 EUR'],
  ])('%s', (_name, changes, left) => {
    expect(remaining(changes)).toEqual(money(left));
  });

  it('add up, and never go below zero', () => {
    const part = { money: money('40.00 EUR') };
    expect(remaining(part, part)).toEqual(money('20.00 EUR'));
    expect(remaining(part, part, part)).toEqual(money('0.00 EUR'));
    expect(remaining(part, part, part, part)).toEqual(money('0.00 EUR'));
  });

  it('find the deposit by the event id of any of its statuses', () => {
    const facts = [
      aDeposit({ status: 'pending', senderEventId: 'event-6' }),
      deposit,
      aChargeback({ refersTo: 'event-6' }),
    ];
    expect(only(deriveDeposits(facts)).remaining).toEqual(money('0.00 EUR'));
  });

  it('prefer an event id over an equal transaction id of another deposit', () => {
    const named = aDeposit({ transactionKey: 'event-7', senderEventId: 'event-8' });
    for (const facts of permutations([deposit, named, aChargeback({ refersTo: 'event-7' })])) {
      const deposits = deriveDeposits(facts);
      const left = Object.fromEntries(deposits.map((each) => [each.transactionKey, each.remaining]));
      expect(left).toEqual({ 'deposit-1': money('0.00 EUR'), 'event-7': money('100.00 EUR') });
    }
  });

  it('choose the same deposit in any order when two share an event id', () => {
    const twin = aDeposit({ transactionKey: 'deposit-0', senderEventId: 'event-7' });
    for (const facts of permutations([deposit, twin, aChargeback({ refersTo: 'event-7' })])) {
      const reversed = deriveDeposits(facts).filter((each) => each.remaining?.amountMinor === 0n);
      expect(reversed.map((each) => each.transactionKey)).toEqual(['deposit-0']);
    }
  });

  it('leave a deposit that was never confirmed alone', () => {
    const facts = [inStatus('pending'), aChargeback()];
    expect(only(deriveDeposits(facts))).toMatchObject({ remaining: null, chargebacks: [] });
  });

  it('without a deposit make none', () => {
    expect(deriveDeposits([aChargeback()])).toEqual([]);
  });
});
