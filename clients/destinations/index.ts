import type { DestinationKind } from '../../domain/postback/render';
import type { DestinationAdapter } from './destination-adapter';
import { partnerUrlAdapter } from './partner-url';
import { webhookAdapter } from './webhook';

export type { DestinationAdapter } from './destination-adapter';

/** One adapter per kind; a kind without one does not compile. */
const ADAPTERS: { readonly [kind in DestinationKind]: DestinationAdapter } = {
  partner_url: partnerUrlAdapter,
  webhook: webhookAdapter,
};

export function adapterFor(kind: DestinationKind): DestinationAdapter {
  return ADAPTERS[kind];
}
