import { createHash } from 'node:crypto';
import { windowEndMs } from '../attribution/click-window';
import { DEFAULT_CLICK_WINDOW_DAYS, DEFAULT_HALF_LIFE_DAYS } from '../attribution/models';
import { type Deal, NO_CAPS } from '../commission/deal';
import { type Currency, parseCurrency } from '../currencies';
import type {
  ChargebackFact,
  ClickTouch,
  DepositFact,
  Fact,
  InstallFact,
  LeadFact,
  NgrFact,
  RegistrationFact,
  RulingFact,
  SaleFact,
  SelfExclusionFact,
  ViewTouch,
  WithdrawalFact,
} from '../facts';
import { type ClickId, type Id, type IdPrefix, idFromUuid } from '../ids';
import { type Money, parseMoney } from '../money';
import { DAY_MS } from '../time';

/** The time of the click `aTouch()`. It has a fraction of a second, so that the rule of whole seconds stays out. */
export const CLICKED_AT_MS = Date.UTC(2026, 2, 1, 12, 0, 0, 123);

/** An id by number: `testId('clk', 2)` is the same in every test, and follows `testId('clk', 1)`. */
export function testId<P extends IdPrefix>(prefix: P, number: number): Id<P> {
  return idFromUuid(prefix, `019c0000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`);
}

export function currency(code: string): Currency {
  const parsed = parseCurrency(code);
  if (parsed === null) throw new Error(`no currency: ${code}`);
  return parsed;
}

/** Reads "49.90 EUR". */
export function money(text: string): Money {
  const [amount = '', code = ''] = text.split(' ');
  const parsed = parseMoney(amount, code);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem}`);
  return parsed.money;
}

/** A click at `CLICKED_AT_MS` with a window of 30 days, for partner 1 and campaign 1. */
export function aTouch(changes: Partial<ClickTouch> = {}): ClickTouch {
  const clickedAtMs = changes.clickedAtMs ?? CLICKED_AT_MS;
  return {
    kind: 'click',
    clickId: testId('clk', 1),
    visitorId: testId('vis', 1),
    campaignId: testId('cmp', 1),
    partnerId: testId('ptn', 1),
    model: 'last_touch',
    halfLifeDays: DEFAULT_HALF_LIFE_DAYS,
    isDirect: false,
    paysRegistrations: false,
    clickedAtMs,
    expiresAtMs: windowEndMs(clickedAtMs, DEFAULT_CLICK_WINDOW_DAYS),
    outcome: 'allow',
    ...changes,
  };
}

/** A view of the same visitor at the time of the click, for partner 1 and campaign 1, with a window of 24 hours. */
export function aView(changes: Partial<ViewTouch> = {}): ViewTouch {
  const viewedAtMs = changes.viewedAtMs ?? CLICKED_AT_MS;
  return {
    kind: 'view',
    impressionId: testId('imp', 1),
    visitorId: testId('vis', 1),
    campaignId: testId('cmp', 1),
    partnerId: testId('ptn', 1),
    viewedAtMs,
    expiresAtMs: viewedAtMs + DAY_MS,
    outcome: 'allow',
    ...changes,
  };
}

/** Version 1 of partner 1: 25.00 EUR for a first deposit of any size, in force long before every click. */
export function aDeal({ cpa, ...changes }: Partial<Deal> & { cpa?: Money } = {}): Deal {
  return {
    dealId: testId('dea', 1),
    partnerId: testId('ptn', 1),
    version: 1,
    terms: { kind: 'cpa', cpa: cpa ?? money('25.00 EUR') },
    minDeposit: null,
    qualificationDays: null,
    holdDays: 0,
    caps: NO_CAPS,
    validFromMs: Date.UTC(2026, 0, 1),
    ...changes,
  };
}

export function clicksOf(...touches: readonly ClickTouch[]): ReadonlyMap<ClickId, ClickTouch> {
  return new Map(touches.map((touch) => [touch.clickId, touch]));
}

/** What the sender's events are told apart by; our own id of the event is derived from it. */
export function eventKey(fact: Pick<Fact, 'kind' | 'transactionKey'> & { status?: string }): string {
  return `${fact.kind} ${fact.transactionKey} ${fact.status ?? ''}`;
}

type Changes<F extends Fact> = Partial<Omit<F, 'kind'>>;

export function aRegistration(changes: Changes<RegistrationFact> = {}): RegistrationFact {
  return { ...base('registration', changes), kind: 'registration', ...changes };
}

export function anInstall(changes: Changes<InstallFact> = {}): InstallFact {
  return { ...base('install', changes), kind: 'install', ...changes };
}

export function aLead(changes: Changes<LeadFact> = {}): LeadFact {
  return { ...base('lead', changes), kind: 'lead', ...changes };
}

export function aSale(changes: Changes<SaleFact> = {}): SaleFact {
  return { ...base('sale', changes), kind: 'sale', money: money('19.99 EUR'), ...changes };
}

/** A confirmed deposit of 100.00 EUR, one hour after the click. */
export function aDeposit(changes: Changes<DepositFact> = {}): DepositFact {
  const status = changes.status ?? 'confirmed';
  return {
    ...base('deposit', { ...changes, status }),
    kind: 'deposit',
    status,
    money: money('100.00 EUR'),
    ...changes,
  };
}

/** A confirmed withdrawal of 40.00 EUR. */
export function aWithdrawal(changes: Changes<WithdrawalFact> = {}): WithdrawalFact {
  const status = changes.status ?? 'confirmed';
  return {
    ...base('withdrawal', { ...changes, status }),
    kind: 'withdrawal',
    status,
    money: money('40.00 EUR'),
    ...changes,
  };
}

/** 12.50 EUR of NGR for the month of the click. */
export function anNgr(changes: Changes<NgrFact> = {}): NgrFact {
  return {
    ...base('ngr', changes),
    kind: 'ngr',
    period: { fromMs: Date.UTC(2026, 2, 1), toMs: Date.UTC(2026, 3, 1) },
    money: money('12.50 EUR'),
    ...changes,
  };
}

/** For good, one hour after the click. */
export function aSelfExclusion(changes: Changes<SelfExclusionFact> = {}): SelfExclusionFact {
  return { ...base('self_exclusion', changes), kind: 'self_exclusion', untilMs: null, ...changes };
}

/** A person refuses the deposit `deposit-1`, which was at its first revision. */
export function aRuling(changes: Changes<RulingFact> = {}): RulingFact {
  return {
    ...base('ruling', changes),
    kind: 'ruling',
    clickId: null,
    decision: 'reject',
    on: { kind: 'deposit', transactionKey: 'deposit-1' },
    revision: 1,
    ...changes,
  };
}

/** A chargeback of 100.00 EUR against the deposit `deposit-1`. */
export function aChargeback(changes: Changes<ChargebackFact> = {}): ChargebackFact {
  return {
    ...base('chargeback', changes),
    kind: 'chargeback',
    refersTo: 'deposit-1',
    money: money('100.00 EUR'),
    ...changes,
  };
}

function base(kind: Fact['kind'], changes: { transactionKey?: string; status?: string }) {
  const transactionKey = changes.transactionKey ?? `${kind}-1`;
  const key = eventKey({ ...changes, kind, transactionKey });
  return {
    eventId: testId('evt', Number.parseInt(createHash('sha256').update(key).digest('hex').slice(0, 12), 16)),
    transactionKey,
    senderEventId: `${transactionKey}-event${changes.status === undefined ? '' : `-${changes.status}`}`,
    clickId: testId('clk', 1),
    occurredAtMs: CLICKED_AT_MS + 3_600_000,
    trust: 'keyed',
    outcome: 'allow',
  } as const;
}
