import type { Db } from '../../db/knex';
import type { Verdict } from '../../domain/fraud/verdict';
import { ALLOWED } from '../../domain/fraud/verdict';
import { type ClickId, type EventId, uuidFromId, type WorkspaceId } from '../../domain/ids';

/** The verdict on a click or an event; allowed unless one is given. */
export async function insertVerdict(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly subjectId: ClickId | EventId;
    readonly verdict?: Verdict;
    readonly decidedAtMs?: number;
  },
): Promise<void> {
  const verdict = given.verdict ?? ALLOWED;
  await db('verdicts').insert({
    subject_kind: given.subjectId.startsWith('clk_') ? 'click' : 'event',
    subject_id: uuidFromId(given.subjectId),
    workspace_id: uuidFromId(given.workspaceId),
    rules_version: 1,
    outcome: verdict.outcome,
    score: verdict.score,
    reasons: JSON.stringify(verdict.reasons),
    decided_at: new Date(given.decidedAtMs ?? Date.now()),
  });
}
