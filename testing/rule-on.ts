import { acceptRuling } from '../db/stores/ruling-store';
import type { Decision } from '../domain/facts';
import { idFromUuid } from '../domain/ids';
import type { ConversionStatus } from '../domain/settlement/books';
import type { SettlementBench } from './settlement-bench';

/** Rules on the conversion of a transaction as somebody with a key would, settles the ruling, and says what it led to. */
export async function ruleOn(
  bench: SettlementBench,
  transaction: string,
  decision: Decision,
  reason = 'looked at it',
): Promise<ConversionStatus> {
  const before = await bench.conversion(transaction);
  const ruling = {
    workspaceId: bench.tenant.workspaceId,
    conversionId: idFromUuid('cnv', String(before?.conversion_id)),
    revision: Number(before?.revision),
    decision,
    reason,
    actor: 'key:key_of_a_reviewer',
  };
  const { rulingId } = await bench.db.transaction((trx) => acceptRuling(trx, ruling, bench.clock.nowMs()));
  await bench.settle(rulingId);
  return (await bench.conversion(transaction))?.status as ConversionStatus;
}
