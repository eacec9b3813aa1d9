import fc from 'fast-check';
import type { Fact } from '../facts';
import { conversionIn } from '../testing/book-summary';
import { type Circumstances, circumstances } from '../testing/circumstances';
import { factSet, shuffled } from '../testing/fact-sets';
import {
  aChargeback,
  aDeal,
  aDeposit,
  aLead,
  anInstall,
  aRegistration,
  aSale,
  CLICKED_AT_MS,
  money,
  testId,
} from '../testing/facts';
import { settled } from '../testing/settled';
import { DAY_MS } from '../time';
import { correctionKey, postbackDuties, postbackKey } from './postback-duties';

const owner = { playerId: testId('ply', 1), brandId: testId('brd', 1) };
const nobody = { ...owner, playerId: null };
const at = { occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS };
const deposit = aDeposit({ ...at, transactionKey: 'd1' });
const chargeback = aChargeback({ refersTo: 'd1' });
const part = aChargeback({ transactionKey: 'part', refersTo: 'd1', money: money('30.00 EUR') });

const dutiesOf = (name: string, facts: readonly Fact[], to: Parameters<typeof postbackDuties>[1] = owner) =>
  postbackDuties(conversionIn(settled(facts), name), to).map(({ event, subject }) => `${event} ${subject}`);

const FIRST = `first_deposit ${owner.playerId}`;
const DEPOSIT = `deposit ${owner.brandId}/d1`;

describe('postbackDuties', () => {
  it.each<[string, string, Fact[], string[]]>([
    ['an install', 'install install-1', [anInstall()], [`install ${anInstall().eventId}`]],
    ['a lead', 'lead lead-1', [aLead()], [`lead ${aLead().eventId}`]],
    ['a sale', 'sale sale-1', [aSale()], [`sale ${aSale().eventId}`]],
    ['a registration', 'registration registration-1', [aRegistration()], [`registration ${owner.playerId}`]],
    ['a first deposit, told as a deposit too', 'deposit d1', [deposit], [FIRST, DEPOSIT]],
    ['a later deposit', 'deposit d1', [aDeposit({ transactionKey: 'd0' }), deposit], [DEPOSIT]],
    ['a part charged back', 'deposit d1', [deposit, part], [FIRST, DEPOSIT, `chargeback ${part.eventId}`]],
    ['a deposit charged back', 'deposit d1', [deposit, chargeback], [`chargeback ${chargeback.eventId}`]],
    [
      'a deposit reversed',
      'deposit d1',
      [deposit, aDeposit({ transactionKey: 'd1', status: 'reversed' })],
      [],
    ],
    ['a pending deposit', 'deposit d1', [aDeposit({ transactionKey: 'd1', status: 'pending' })], []],
    ['a deposit in review', 'deposit d1', [{ ...deposit, outcome: 'review' }], []],
    ['a blocked deposit', 'deposit d1', [aDeposit({ transactionKey: 'd1', outcome: 'block' })], []],
    [
      'a second registration',
      'registration r2',
      [aRegistration(), aRegistration({ ...at, transactionKey: 'r2' })],
      [],
    ],
    [
      'a deposit of no click',
      'deposit d1',
      [
        { ...deposit, clickId: null },
        { ...chargeback, clickId: null },
      ],
      [],
    ],
    ['a lead of an unknown click', 'lead lead-1', [aLead({ clickId: testId('clk', 9) })], []],
  ])('of %s', (_name, conversion, facts, expected) => {
    expect(dutiesOf(conversion, facts)).toEqual(expected);
  });

  it('without a player name the event instead, and no first deposit', () => {
    expect(dutiesOf('registration registration-1', [aRegistration()], nobody)).toEqual([
      `registration ${aRegistration().eventId}`,
    ]);
    expect(dutiesOf('deposit d1', [deposit], nobody)).toEqual([DEPOSIT]);
  });

  it('of a deposit in a currency that the deal does not know wait, like the deposit', () => {
    const dollars = { ...deposit, money: money('100.00 USD') };
    const books = settled([dollars], { deals: [aDeal()] });
    expect(postbackDuties(conversionIn(books, 'deposit d1'), owner)).toEqual([]);
  });
});

describe('the keys of postbacks', () => {
  const keysOf = (facts: readonly Fact[], given: Partial<Circumstances> = {}) =>
    settled(facts, given)
      .conversions.flatMap((conversion) => postbackDuties(conversion, owner))
      .map((duty) => postbackKey(testId('wsp', 1), testId('dst', 1), duty));

  it('read workspace, destination, event and business id', () => {
    const [key] = keysOf([aRegistration()]);
    expect(key).toBe(`${testId('wsp', 1)}:${testId('dst', 1)}:registration:${owner.playerId}`);
    expect(correctionKey(`${key}`, 3)).toBe(`${key}:r3`);
  });

  it('of a transaction never read like the correction of another', () => {
    const keyOf = (transactionKey: string) => keysOf([aDeposit({ ...at, transactionKey })]).at(-1) ?? '';
    expect(keyOf('A:r1')).not.toBe(correctionKey(keyOf('A'), 1));
    expect(new Set(['A', 'A:r1', 'A%3Ar1', 'A/r1', 'A r1'].map(keyOf)).size).toBe(5);
  });

  it('are the same for the same facts in any order, each once', () => {
    const pair = factSet.chain((facts) => fc.tuple(fc.constant(facts), shuffled(facts)));
    fc.assert(
      fc.property(pair, circumstances, ([facts, other], given) => {
        const keys = keysOf(facts, given);
        expect(keysOf(other, given)).toEqual(keys);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { seed: 97, numRuns: 1_000 },
    );
  });

  it('of registrations and deposits do not know our event ids', () => {
    const ofMoney = (keys: readonly string[]) =>
      keys.filter((key) => /:(registration|first_deposit|deposit):/.test(key));
    fc.assert(
      fc.property(factSet, circumstances, (facts, given) => {
        const renamed = facts.map((fact, index) => ({ ...fact, eventId: testId('evt', 100 - index) }));
        expect(ofMoney(keysOf(renamed, given))).toEqual(ofMoney(keysOf(facts, given)));
      }),
      { seed: 98, numRuns: 300 },
    );
  });

  it('are none where there is no credit', () => {
    fc.assert(
      fc.property(factSet, circumstances, (facts, given) => {
        const { conversions } = settled(facts, { ...given, clicks: [] });
        expect(conversions.flatMap((conversion) => postbackDuties(conversion, owner))).toEqual([]);
      }),
      { seed: 99, numRuns: 300 },
    );
  });
});
