import type { DestinationAdapter } from './destination-adapter';
import { idempotencyHeader } from './idempotency-header';

/** A tracker's postback URL: everything it needs is in the stored URL. */
export const partnerUrlAdapter: DestinationAdapter = {
  kind: 'partner_url',
  async prepare(stored, attempt) {
    return { ...stored, headers: { ...stored.headers, ...idempotencyHeader(attempt.key) } };
  },
};
