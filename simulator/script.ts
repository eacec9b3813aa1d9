import type { Currency } from '../domain/currencies';
import { type Money, parseMoney } from '../domain/money';
import { PARTNERS, type PartnerKey } from './cast';
import type { Random } from './random';

/**
 * How a click's story can go. `waiting` gets no event; the names say what is unusual, and the scripts below
 * list the events in the order in which they are *sent*; `occursAfterMs` tells when they happened.
 */
export const SHAPES = [
  'waiting',
  'registered',
  'converted',
  'converted_again',
  'install_first',
  'deposit_before_registration',
  'deposit_by_player_only',
  'deposits_swapped',
  'pending_then_confirmed',
  'confirmed_then_pending',
  'below_minimum',
  'second_currency',
  'first_charged_back',
  'later_charged_back',
  'charged_back_early',
] as const;
export type Shape = (typeof SHAPES)[number];

/** What the answer to the first sending must say; `either` where the contract leaves it open. */
export type ExpectedAnswer = 'accepted' | 'quarantined' | 'either';

export type ScriptedEvent = {
  /** Unique within the click: the event id and the transaction id are built from it. */
  key: string;
  kind: 'install' | 'registration' | 'deposit' | 'chargeback';
  /** When it happened, counted from the click. Never negative, always far below the tolerated clock lead. */
  occursAfterMs: number;
  /** Think time before it is sent. */
  pauseMs: number;
  namesClick: boolean;
  expect: ExpectedAnswer;
  money?: Money;
  status?: 'pending' | 'confirmed';
  /** Successive statuses of one deposit share their transaction. */
  transaction?: string;
  /** For a chargeback: the key of the deposit event it takes back. */
  takesBack?: string;
};

/** An amount that the cast or a script states in full; anything unreadable there is a slip of ours. */
export function exactMoney(amount: string, currency: string): Money {
  const parsed = parseMoney(amount, currency);
  if (!parsed.ok) throw new Error(`${amount} ${currency}: ${parsed.problem}`);
  return parsed.money;
}

/** The events of one click in sending order. Deterministic for the state of `random`. */
export function writeScript(shape: Shape, partner: PartnerKey, random: Random): ScriptedEvent[] {
  const minimum = exactMoney(PARTNERS[partner].minDeposit, PARTNERS[partner].currency);
  const registeredAfterMs = random.int(20, 60);
  const event = (
    fields: Pick<ScriptedEvent, 'key' | 'kind' | 'occursAfterMs'> & Partial<ScriptedEvent>,
  ): ScriptedEvent => ({ pauseMs: random.int(0, 60), namesClick: true, expect: 'accepted', ...fields });
  const deposit = (position: number, fields: Partial<ScriptedEvent> = {}): ScriptedEvent =>
    event({
      key: `dep${position}`,
      kind: 'deposit',
      occursAfterMs: registeredAfterMs + position * 40,
      money: atLeast(minimum, random),
      status: 'confirmed',
      transaction: `tx${position}`,
      ...fields,
    });
  const chargeback = (of: ScriptedEvent): ScriptedEvent =>
    event({
      key: `cb-${of.key}`,
      kind: 'chargeback',
      occursAfterMs: of.occursAfterMs + 200,
      namesClick: false,
      takesBack: of.key,
      ...(of.money && { money: of.money }),
    });
  const install = event({ key: 'install', kind: 'install', occursAfterMs: 10 });
  const registration = event({ key: 'reg', kind: 'registration', occursAfterMs: registeredAfterMs });
  return arrange(shape, { minimum, random, deposit, chargeback, install, registration });
}

type Pieces = {
  minimum: Money;
  random: Random;
  deposit(position: number, fields?: Partial<ScriptedEvent>): ScriptedEvent;
  chargeback(of: ScriptedEvent): ScriptedEvent;
  install: ScriptedEvent;
  registration: ScriptedEvent;
};

function arrange(shape: Shape, pieces: Pieces): ScriptedEvent[] {
  const { deposit, chargeback, install, registration } = pieces;
  const first = deposit(1);
  const second = deposit(2);
  // The sender's own id of the player is enough once the player is known.
  const byPlayer = { ...second, namesClick: false };
  switch (shape) {
    case 'waiting':
      return [];
    case 'registered':
      return [registration];
    case 'converted':
      return [registration, { ...first, money: atMinimumOrAbove(pieces) }];
    case 'converted_again':
      return [registration, first, byPlayer, deposit(3, { namesClick: false })];
    case 'install_first':
      return [install, registration, first];
    case 'deposit_before_registration':
      return [first, registration];
    case 'deposit_by_player_only':
      return [{ ...first, namesClick: false, expect: 'quarantined' }, registration];
    case 'deposits_swapped':
      return [registration, second, first];
    case 'pending_then_confirmed':
      return [registration, earlier(first), { ...first, key: 'dep1-confirmed' }];
    case 'confirmed_then_pending':
      return [registration, { ...first, key: 'dep1-confirmed' }, earlier(first)];
    case 'below_minimum':
      return [registration, { ...first, money: below(pieces) }, byPlayer];
    case 'second_currency':
      return [registration, first, { ...byPlayer, money: inOtherCurrency(pieces.minimum) }];
    case 'first_charged_back':
      return [registration, first, byPlayer, chargeback(first)];
    case 'later_charged_back':
      return [registration, first, byPlayer, chargeback(byPlayer)];
    case 'charged_back_early':
      return [registration, { ...chargeback(first), expect: 'either' }, first];
  }
}

/** The pending report of a deposit, a little before the bank confirmed it. */
function earlier(confirmed: ScriptedEvent): ScriptedEvent {
  return { ...confirmed, status: 'pending', occursAfterMs: confirmed.occursAfterMs - 10 };
}

function atLeast(minimum: Money, random: Random): Money {
  return { ...minimum, amountMinor: minimum.amountMinor + BigInt(random.int(1, 23_000)) };
}

/** Every third plain deposit is exactly the minimum: the boundary belongs to the qualifying side. */
function atMinimumOrAbove({ minimum, random }: Pieces): Money {
  return random.int(1, 3) === 1 ? minimum : atLeast(minimum, random);
}

function below({ minimum, random }: Pieces): Money {
  return { ...minimum, amountMinor: minimum.amountMinor - BigInt(random.int(1, 1_500)) };
}

function inOtherCurrency(money: Money): Money {
  const currency: Currency = exactMoney('0', money.currency === 'EUR' ? 'USD' : 'EUR').currency;
  return { amountMinor: money.amountMinor * 2n, currency };
}
