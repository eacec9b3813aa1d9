import type { Random } from '../../simulator/random';
import { CAMPAIGN_KEYS, type CampaignKey, type SentEvent, TERMS } from './client-log';

export interface PlannedEvent {
  /** Unique within the story. */
  readonly key: string;
  readonly kind: SentEvent['kind'];
  /** Think time before it is sent. */
  readonly pauseMs: number;
  /** Its own time, counted from the click's answer. */
  readonly occursAfterMs: number;
  readonly namesClick: boolean;
  readonly amountMinor?: bigint;
  /** The key of the deposit that a chargeback takes back. */
  readonly takesBack?: string;
  /** Sent once more after it was acknowledged. */
  readonly isRepeated: boolean;
}

export interface Story {
  readonly visitor: string;
  readonly campaign: CampaignKey;
  /** In sending order. */
  readonly events: readonly PlannedEvent[];
}

const SHAPES = [
  ['waiting', 68],
  ['registered', 8],
  ['converted', 8],
  ['converted_again', 3],
  ['below_minimum', 3],
  ['deposit_first', 3],
  ['by_player_only', 2],
  ['deposits_swapped', 2],
  ['charged_back', 3],
] as const;

/** What one visitor does; two thirds only click. Deterministic for the state of `random`. */
export function writeStory(random: Random, visitor: string): Story {
  const campaign = random.pick(CAMPAIGN_KEYS);
  const { minDepositMinor } = TERMS[campaign];
  const event = (fields: Pick<PlannedEvent, 'key' | 'kind'> & Partial<PlannedEvent>): PlannedEvent => ({
    // Long enough that a story spans an outage, short enough that it ends soon after the traffic.
    pauseMs: random.int(50, 1_500),
    occursAfterMs: 0,
    namesClick: true,
    isRepeated: random.int(1, 6) === 1,
    ...fields,
  });
  const registration = event({ key: 'reg', kind: 'registration', occursAfterMs: 10 });
  const deposit = (position: number, fields: Partial<PlannedEvent> = {}): PlannedEvent =>
    event({
      key: `dep${position}`,
      kind: 'deposit',
      occursAfterMs: 10 + position * 10,
      amountMinor: minDepositMinor + BigInt(random.int(0, 20_000)),
      ...fields,
    });
  const [first, second] = [deposit(1), deposit(2)];
  const { amountMinor = 0n } = first;
  const events = {
    waiting: [],
    registered: [registration],
    converted: [registration, first],
    converted_again: [registration, first, { ...second, namesClick: false }],
    below_minimum: [registration, { ...first, amountMinor: minDepositMinor - 1n }],
    deposit_first: [first, registration],
    by_player_only: [{ ...first, namesClick: false }, registration],
    deposits_swapped: [registration, second, first],
    charged_back: [
      registration,
      first,
      event({
        key: 'cb1',
        kind: 'chargeback',
        occursAfterMs: 60,
        amountMinor,
        takesBack: 'dep1',
        namesClick: false,
      }),
    ],
  }[random.weighted(SHAPES)];
  return { visitor, campaign, events };
}
