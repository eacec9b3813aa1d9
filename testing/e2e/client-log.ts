/** What the senders of the traffic know: every request, and what they were told about it. */
export interface ClientLog {
  readonly clicks: SentClick[];
  readonly events: SentEvent[];
  /** 503 answers; the same request was sent again. */
  readonly refusals: Refusal[];
  /** Requests that found nobody or lost their connection; they were sent again, too. */
  readonly unreachable: { readonly sentAtMs: number; readonly reason: string }[];
  /** Answers that the contract does not know. */
  readonly unexpected: string[];
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
  readonly kind: 'registration' | 'deposit' | 'chargeback';
  readonly visitor: string;
  readonly campaign: CampaignKey;
  readonly clickId: string;
  readonly playerId: string;
  /** Of a deposit. */
  readonly transactionId: string | null;
  /** Of a chargeback: the event id of the deposit. */
  readonly takesBack: string | null;
  readonly amountMinor: bigint | null;
  readonly occurredAtMs: number;
  /** Every 200, in order; the first one acknowledges. */
  readonly answers: { status: string; id: string }[];
}

export interface Refusal {
  readonly what: 'click' | 'event';
  readonly sentAtMs: number;
  readonly tookMs: number;
  readonly retryAfter: string | null;
}

export function createClientLog(): ClientLog {
  return { clicks: [], events: [], refusals: [], unreachable: [], unexpected: [] };
}

/** The terms under which the two campaigns of the traffic pay; what a partner has earned is computed from here. */
export const TERMS = {
  alpha: { currency: 'EUR', cpaMinor: 4_000n, minDepositMinor: 2_000n },
  beta: { currency: 'USD', cpaMinor: 5_500n, minDepositMinor: 2_500n },
} as const;

export type CampaignKey = keyof typeof TERMS;
export const CAMPAIGN_KEYS = ['alpha', 'beta'] as const satisfies readonly CampaignKey[];

/** Minor units of a currency with two decimals, as they go over the wire. */
export function decimal(minor: bigint): string {
  return `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;
}
