import type { DestinationKind, RenderedRequest } from '../../domain/postback/render';
import type { OutboundRequest } from '../guarded-fetch';

/** What only the attempt knows. Nothing of it may change the URL, the method or the body. */
export type AttemptContext = {
  readonly postbackId: string;
  /** The postback's business key, the same on every attempt and replay. */
  readonly key: string;
  /** Signing secrets of the destination, newest first; empty for kinds that sign nothing. */
  readonly secrets: readonly string[];
  readonly nowMs: number;
};

/**
 * How one kind of destination is called. The request was rendered by the domain and stored at settlement; an
 * adapter adds the headers of one attempt. `prepare` is asynchronous because an ad platform has to obtain an
 * access token first; it rejects only for faults on our side, such as a missing secret.
 */
export type DestinationAdapter = {
  readonly kind: DestinationKind;
  prepare(stored: RenderedRequest, attempt: AttemptContext): Promise<OutboundRequest>;
};
