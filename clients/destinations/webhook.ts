import { SECOND_MS } from '../../domain/time';
import { signWebhook } from '../standard-webhooks';
import type { DestinationAdapter } from './destination-adapter';
import { idempotencyHeader } from './idempotency-header';

/** A signed JSON webhook. `webhook-id` is the postback's id, so a receiver recognises every repetition. */
export const webhookAdapter: DestinationAdapter = {
  kind: 'webhook',
  async prepare(stored, attempt) {
    const timestampSeconds = Math.floor(attempt.nowMs / SECOND_MS);
    const signature = signWebhook({
      secrets: attempt.secrets,
      id: attempt.postbackId,
      timestampSeconds,
      body: stored.body ?? '',
    });
    return {
      ...stored,
      headers: {
        ...stored.headers,
        ...idempotencyHeader(attempt.key),
        'webhook-id': attempt.postbackId,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signature,
      },
    };
  },
};
