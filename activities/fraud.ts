import type { Db } from '../db/knex';
import { loadEventEvidence } from '../db/stores/evidence-store';
import { loadRuleSets } from '../db/stores/fraud-rule-store';
import { clickOfEvent, grantVerdicts } from '../db/stores/verdict-store';
import { judgeEvent } from '../domain/fraud/event-rules';
import type { EventId } from '../domain/ids';
import type { Clock } from '../domain/time';
import { screenClicks } from './screen-clicks';

export type FraudActivities = ReturnType<typeof createFraudActivities>;

export function createFraudActivities({ db, clock }: { db: Db; clock: Clock }) {
  return {
    /** Gives the event its verdict, and its click one if it has none. Idempotent: verdicts are granted once. */
    async assessEvent({ eventId }: { eventId: EventId }): Promise<void> {
      const clickId = await clickOfEvent(db, eventId);
      if (clickId !== null) await screenClicks(db, [clickId], clock.nowMs());
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
