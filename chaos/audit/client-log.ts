/** What the senders of the traffic know: every request, and what they were told about it. */
export interface ClientLog {
  readonly clicks: SentClick[];
  readonly events: SentEvent[];
  /** 503 answers; the same request was sent again. */
  readonly refusals: Refusal[];
  /** When clicks and events were acknowledged. */
  readonly served: { readonly what: Refusal['what']; readonly atMs: number }[];
  /** When the round expected them to be. */
  readonly spans: ServedSpan[];
  /** Requests that found nobody or lost their connection; they were sent again, too. */
  readonly unreachable: { readonly sentAtMs: number; readonly reason: string }[];
  /** Answers that the contract does not know. */
  readonly unexpected: string[];
  /** Changes of the set-up that were answered with success. */
  readonly changes: SetUpChange[];
}

export interface ServedSpan {
  /** What was broken in it, or before it. */
  readonly fault: string;
  /** `comes_back`: something is served before its end. `goes_on`: more is served in it than refused. */
  readonly expects: 'comes_back' | 'goes_on';
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SentClick {
  /** Goes along as `sub1`, so that rows without an acknowledgement are recognised, too. */
  readonly visitor: string;
  readonly campaign: CampaignKey;
  tries: number;
  /** Set by the 302. */
  clickId: string | null;
  /** When the acknowledged try was sent. */
  sentAtMs: number;
}

export interface SentEvent {
  readonly eventId: string;
  readonly kind: EventKind;
  readonly visitor: string;
  readonly campaign: CampaignKey;
  readonly clickId: string;
  /** Null where nobody has registered yet: of an install or a lead. */
  readonly playerId: string | null;
  /** Of a deposit or a withdrawal. */
  readonly transactionId: string | null;
  /** Of a chargeback: the event id of the deposit. */
  readonly takesBack: string | null;
  readonly amountMinor: bigint | null;
  readonly occurredAtMs: number;
  /** Every 200, in order; the first one acknowledges. */
  readonly answers: { status: string; id: string }[];
}

export type EventKind =
  | 'install'
  | 'lead'
  | 'registration'
  | 'deposit'
  | 'withdrawal'
  | 'ngr'
  | 'chargeback'
  | 'self_exclusion';

export interface Refusal {
  readonly what: 'click' | 'event';
  readonly sentAtMs: number;
  readonly tookMs: number;
  readonly retryAfter: string | null;
}

export type SetUpChange =
  /** In force for players who register, or else deposit, from `validFromMs` on. */
  | {
      readonly what: 'deal';
      readonly campaign: CampaignKey;
      readonly validFromMs: number;
      readonly cpaMinor: bigint;
    }
  /** A destination that was disabled for good: what it was still owed must be parked with this reason. */
  | { readonly what: 'destination_given_up'; readonly destinationId: string }
  /** Anything else; `subject` is what it changed. */
  | { readonly what: 'other'; readonly subject: string };

export function createClientLog(): ClientLog {
  return {
    clicks: [],
    events: [],
    refusals: [],
    served: [],
    spans: [],
    unreachable: [],
    unexpected: [],
    changes: [],
  };
}

/** The terms under which the two campaigns of the traffic pay; what a partner has earned is computed from here. */
export const TERMS = {
  alpha: { currency: 'EUR', cpaMinor: 4_000n, minDepositMinor: 2_000n },
  beta: { currency: 'USD', cpaMinor: 5_500n, minDepositMinor: 2_500n },
} as const;

/** The shortest window there is, so that a round can live to see its end. */
export const WINDOW_DAYS = 1;

export type CampaignKey = keyof typeof TERMS;
export const CAMPAIGN_KEYS = ['alpha', 'beta'] as const satisfies readonly CampaignKey[];

/** Minor units of a currency with two decimals, as they go over the wire. */
export function decimal(minor: bigint): string {
  return `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;
}
