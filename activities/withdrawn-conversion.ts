import type { StoredConversion } from '../db/stores/conversion-store';
import type { DeservedConversion } from '../domain/settlement/books';

/** Why a conversion is left that no fact stands for any more. */
const NOT_COUNTED = 'event_not_counted';

/**
 * What is left of a conversion whose event counts no more, because the click that it named turned out to be a test:
 * it stays readable, is credited to nobody and earns nobody anything.
 */
export function withdrawnConversion(stored: StoredConversion): DeservedConversion {
  const { kind, transactionKey, eventId, occurredAtMs, trust, value } = stored;
  return {
    kind,
    transactionKey,
    fact: { eventId, transactionKey, senderEventId: transactionKey, occurredAtMs, trust },
    status: 'rejected',
    reason: NOT_COUNTED,
    isFirstDeposit: false,
    value,
    model: 'last_touch',
    credits: [],
    losing: [],
    lines: [],
    exchanged: [],
    chargebacks: [],
    inputs: NOT_COUNTED,
  };
}
