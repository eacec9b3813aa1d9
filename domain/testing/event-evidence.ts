import type { EventEvidence } from '../fraud/event-evidence';
import { ALLOWED } from '../fraud/verdict';
import { HOUR_MS } from '../time';
import { CLICKED_AT_MS } from './facts';

export type EvidenceChanges = Partial<Omit<EventEvidence, 'click'>> & {
  readonly click?: Partial<EventEvidence['click']>;
};

/** A deposit an hour after a good click, of which its sender says no more than he has to. */
export function eventEvidence({ click, ...changes }: EvidenceChanges = {}): EventEvidence {
  return {
    kind: 'deposit',
    occurredAtMs: CLICKED_AT_MS + HOUR_MS,
    country: null,
    region: null,
    product: null,
    money: null,
    source: 'src_casino',
    userAgent: null,
    emailVerified: null,
    kycStatus: null,
    rejectionReason: null,
    installBeganAtMs: null,
    isReportedElsewhere: false,
    ...changes,
    click:
      click === null ? null : { clickedAtMs: CLICKED_AT_MS, verdict: ALLOWED, countries: null, ...click },
  };
}
