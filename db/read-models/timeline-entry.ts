import { EVENT_KINDS, type Trust } from '../../domain/facts';

/** Kinds of timeline entries, in the order in which entries of one millisecond are shown. */
export const TIMELINE_KINDS = [
  'click',
  'verdict',
  ...EVENT_KINDS,
  'quarantined',
  'released',
  'conversion_settled',
  'conversion_paid',
  'review_reminded',
  'postback_created',
  'postback_attempt_failed',
  'postback_delivered',
  'postback_dead',
  'expired',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** Something that happened: when, what, why (a stable code) and the particulars (a sentence for a reader). */
export type TimelineEntry = {
  readonly at: string;
  readonly kind: TimelineKind;
  readonly reason?: string;
  readonly detail?: string;
  /** Of an event, and of what it caused: how far the one is known who reported it. */
  readonly trust?: Trust;
  /** A click or an event that is a test: it decided nothing. */
  readonly isTest?: true;
};

export function timelineEntry(
  at: Date,
  kind: TimelineKind,
  reason: string | null,
  particulars: readonly (string | null)[] = [],
): TimelineEntry {
  const detail = particulars.filter((part) => part !== null).join(', ');
  return {
    at: at.toISOString(),
    kind,
    ...(reason !== null && { reason }),
    ...(detail !== '' && { detail }),
  };
}

/** Oldest first; entries of one millisecond in the order of their kinds, then as given. */
export function sortTimeline(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return [...entries].sort((a, b) => {
    if (a.at !== b.at) return a.at < b.at ? -1 : 1;
    return TIMELINE_KINDS.indexOf(a.kind) - TIMELINE_KINDS.indexOf(b.kind);
  });
}
