import type { Db } from '../db/knex';
import { grantVerdicts, loadUnjudgedClicks } from '../db/stores/verdict-store';
import { CLICK_RULES_VERSION, judgeClick } from '../domain/fraud/click-rules';
import type { ClickId } from '../domain/ids';

/**
 * Gives every click of the list its verdict, unless it has one. The relay screens clicks in batches; a journey
 * calls the same function for its own click, so an event that overtakes the batch finds a verdict too.
 */
export async function screenClicks(db: Db, clickIds: readonly ClickId[], nowMs: number): Promise<void> {
  const unjudged = await loadUnjudgedClicks(db, clickIds);
  await grantVerdicts(
    db,
    unjudged.map(({ clickId, evidence }) => ({
      subject: { kind: 'click', id: clickId },
      rulesVersion: CLICK_RULES_VERSION,
      verdict: judgeClick(evidence),
    })),
    nowMs,
  );
}
