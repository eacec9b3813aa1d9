import type { Random } from '../../simulator/random';
import { CAMPAIGN_KEYS, type CampaignKey, type EventKind, TERMS } from '../audit/client-log';

export interface PlannedEvent {
  /** Unique within the story. */
  readonly key: string;
  readonly kind: EventKind;
  /** Think time before it is sent. */
  readonly pauseMs: number;
  /** Its own time, counted from the click's answer, or from the end of the click's window. */
  readonly occursAfterMs: number;
  readonly countsFrom: 'click' | 'window_end';
  readonly namesClick: boolean;
  readonly amountMinor?: bigint;
  /** The key of the deposit that a chargeback takes back. */
  readonly takesBack?: string;
  /** Sent so many more times after it was acknowledged. */
  readonly repeats: number;
  /** Sent so many times at once. */
  readonly copies: number;
}

export interface Story {
  readonly visitor: string;
  readonly campaign: CampaignKey;
  /** In sending order. */
  readonly events: readonly PlannedEvent[];
}

export type Shape = (typeof SHAPES)[number];

const SHAPES = [
  'waiting',
  'registered',
  'converted',
  'converted_again',
  'below_minimum',
  'deposit_first',
  'by_player_only',
  'deposits_swapped',
  'charged_back',
  'refund_first',
  'lively',
  'lead_only',
  'excluded',
  'window_last_ms',
  'window_over',
] as const;

/** How the visitors of a traffic behave. */
export interface Habits {
  readonly shapes: readonly (readonly [Shape, number])[];
  /** One event in so many is sent again after it was acknowledged… */
  readonly repeatOneIn: number;
  /** … and one in so many several times at once. */
  readonly copyOneIn: number;
  readonly maxPauseMs: number;
}

/** What one visitor does; most only click. Deterministic for the state of `random`. */
export function writeStory(random: Random, visitor: string, habits: Habits): Story {
  const campaign = random.pick(CAMPAIGN_KEYS);
  return {
    visitor,
    campaign,
    events: eventsOf(random.weighted(habits.shapes), { random, campaign, habits }),
  };
}

interface Author {
  readonly random: Random;
  readonly campaign: CampaignKey;
  readonly habits: Habits;
}

function event(
  { random, habits }: Author,
  fields: Pick<PlannedEvent, 'key' | 'kind'> & Partial<PlannedEvent>,
): PlannedEvent {
  return {
    // Long enough that a story spans an outage, short enough that it ends soon after the traffic.
    pauseMs: random.int(50, habits.maxPauseMs),
    occursAfterMs: 0,
    countsFrom: 'click',
    namesClick: true,
    repeats: random.int(1, habits.repeatOneIn) === 1 ? 1 : 0,
    copies: random.int(1, habits.copyOneIn) === 1 ? random.pick([2, 5, 50]) : 1,
    ...fields,
  };
}

function eventsOf(shape: Shape, author: Author): readonly PlannedEvent[] {
  const { random, campaign } = author;
  const { minDepositMinor } = TERMS[campaign];
  const registration = event(author, { key: 'reg', kind: 'registration', occursAfterMs: 10 });
  const deposit = (position: number, fields: Partial<PlannedEvent> = {}): PlannedEvent =>
    event(author, {
      key: `dep${position}`,
      kind: 'deposit',
      occursAfterMs: 10 + position * 10,
      amountMinor: minDepositMinor + BigInt(random.int(0, 20_000)),
      ...fields,
    });
  const [first, second] = [deposit(1), deposit(2)];
  const later = (key: string, kind: EventKind, fields: Partial<PlannedEvent> = {}): PlannedEvent =>
    event(author, { key, kind, occursAfterMs: 60, namesClick: false, ...fields });
  const chargeback = later('cb1', 'chargeback', { takesBack: 'dep1', ...amountOf(first) });
  const atWindowEnd = (afterMs: number): PlannedEvent[] => [
    { ...registration, countsFrom: 'window_end', occursAfterMs: afterMs },
    { ...first, countsFrom: 'window_end', occursAfterMs: afterMs + 1 },
  ];
  switch (shape) {
    case 'waiting':
      return [];
    case 'registered':
      return [registration];
    case 'converted':
      return [registration, first];
    case 'converted_again':
      return [registration, first, { ...second, namesClick: false }];
    case 'below_minimum':
      return [registration, { ...first, amountMinor: minDepositMinor - 1n }];
    case 'deposit_first':
      return [first, registration];
    case 'by_player_only':
      return [{ ...first, namesClick: false }, registration];
    case 'deposits_swapped':
      return [registration, second, first];
    case 'charged_back':
      return [registration, first, chargeback];
    case 'refund_first':
      return [registration, chargeback, first];
    case 'lively':
      return [
        event(author, { key: 'inst', kind: 'install' }),
        registration,
        first,
        later('wd1', 'withdrawal', { amountMinor: 700n }),
        later('ngr1', 'ngr', { amountMinor: 1_250n }),
      ];
    case 'lead_only':
      return [event(author, { key: 'lead', kind: 'lead', occursAfterMs: 10 })];
    case 'excluded':
      return [registration, first, later('excl', 'self_exclusion', { occursAfterMs: 5_000 })];
    case 'window_last_ms':
      return atWindowEnd(0);
    case 'window_over':
      return atWindowEnd(1);
  }
}

function amountOf({ amountMinor }: PlannedEvent): { amountMinor: bigint } {
  return { amountMinor: amountMinor ?? 0n };
}
