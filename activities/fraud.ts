import type { Db } from '../db/knex';
import { clickOfEvent, grantVerdicts, readVerdict } from '../db/stores/verdict-store';
import { EVENT_RULES_VERSION, judgeEvent } from '../domain/fraud/event-rules';
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
      const clickVerdict = clickId === null ? null : await readVerdict(db, { kind: 'click', id: clickId });
      const verdict = judgeEvent({ clickVerdict });
      await grantVerdicts(
        db,
        [{ subject: { kind: 'event', id: eventId }, rulesVersion: EVENT_RULES_VERSION, verdict }],
        clock.nowMs(),
      );
    },
  };
}
