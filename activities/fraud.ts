import type { Db } from '../db/knex';
import { loadEventEvidence } from '../db/stores/evidence-store';
import { loadRuleSets } from '../db/stores/fraud-rule-store';
import { clicksOfEvent, grantVerdicts } from '../db/stores/verdict-store';
import { judgeEvent } from '../domain/fraud/event-rules';
import type { EventId } from '../domain/ids';
import type { Clock } from '../domain/time';
import { screenClicks } from './screen-clicks';

export type FraudActivities = ReturnType<typeof createFraudActivities>;

export function createFraudActivities({ db, clock }: { db: Db; clock: Clock }) {
  return {
    /** Gives the event its verdict, and the clicks of its visitor theirs. Idempotent: verdicts are granted once. */
    async assessEvent({ eventId }: { eventId: EventId }): Promise<void> {
      const clickIds = await clicksOfEvent(db, eventId);
      if (clickIds.length > 0) await screenClicks(db, clickIds, clock.nowMs());
      const known = await loadEventEvidence(db, eventId);
      if (known === null) throw new Error(`event ${eventId} does not exist`);
      const ruleSetOf = await loadRuleSets(db, [known]);
      const verdict = judgeEvent(known.evidence, ruleSetOf(known));
      await grantVerdicts(
        db,
        [{ subject: { kind: 'event', id: eventId }, rulesVersion: known.rulesVersion, verdict }],
        clock.nowMs(),
      );
    },
  };
}
