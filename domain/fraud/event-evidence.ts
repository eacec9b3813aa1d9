import type { EventKind } from '../facts';
import type { Money } from '../money';
import type { CountryRule } from './country';
import type { Verdict } from './verdict';

/** What the rules may know of an event. Of what is null the sender said nothing that can be used. */
export type EventEvidence = {
  readonly kind: EventKind;
  readonly occurredAtMs: number;
  /** As an upper-case ISO 3166 code. */
  readonly country: string | null;
  /** As an upper-case ISO 3166-2 code without its country. */
  readonly region: string | null;
  /** As sent: the sender's own word. */
  readonly product: string | null;
  readonly money: Money | null;
  /** Who reported it, by the id of the source. */
  readonly source: string;
  /** Of the player, as the sender saw it. Personal: read for the verdict, kept nowhere else. */
  readonly userAgent: string | null;
  readonly emailVerified: boolean | null;
  /** As sent. */
  readonly kycStatus: string | null;
  /** Why a mobile measurement partner has rejected it. */
  readonly rejectionReason: string | null;
  /** When the store began to install the app, by the store's own clock: that of a device would prove nothing. */
  readonly installBeganAtMs: number | null;
  /** Whether another source had reported the same transaction before. */
  readonly isReportedElsewhere: boolean;
  /** The click that the event names, else the one by which its player is known; null without any. */
  readonly click: {
    readonly clickedAtMs: number;
    readonly verdict: Verdict | null;
    readonly countries: CountryRule | null;
  } | null;
};
