import { mintId } from '../../db/mint-id';
import type { Destination } from '../../db/stores/destination-store';
import { type RenderedRequest, renderPostback } from '../../domain/postback/render';

/**
 * The request of a test: every macro and field filled with a value that no real conversion has. The ids are well
 * formed and name nothing.
 */
export function renderTestPostback(destination: Destination, nowMs: number): RenderedRequest {
  return renderPostback(destination, {
    event: 'test',
    occurredAtMs: nowMs,
    conversionId: mintId('cnv', nowMs),
    revision: 1,
    clickId: mintId('clk', nowMs),
    externalId: 'test-external-id',
    campaignId: destination.campaignId ?? mintId('cmp', nowMs),
    partnerId: destination.partnerId ?? mintId('ptn', nowMs),
    transactionId: 'test-transaction',
    amount: '100.00',
    currency: 'EUR',
    payout: '25.00',
    ltv: '100.00',
    playerHash: 'test-player',
    subs: { sub1: 'test-sub1', sub2: 'test-sub2' },
  });
}
