import { createSettlementActivities, type SettledTime } from '../activities/settlement';
import type { Db } from '../db/knex';
import { type ReviewPolicy, saveReviewPolicy } from '../db/stores/review-store';
import { type AcceptedRuling, acceptRuling } from '../db/stores/ruling-store';
import type { SubjectKey } from '../db/stores/subject-lock';
import type { Decision } from '../domain/facts';
import { type ConversionId, type EventId, idFromUuid, type PlayerId, uuidFromId } from '../domain/ids';
import { DAY_MS, HOUR_MS } from '../domain/time';
import { insertVerdict } from './builders/insert-verdict';
import { findPlayer } from './player-books';
import { openSettlementBench, type SettlementBench } from './settlement-bench';

type Deal = NonNullable<Parameters<typeof openSettlementBench>[1]>;

/** A settlement bench two months ago, whose clock stands still until it is moved, with doubt and rulings at hand. */
export type ReviewDesk = {
  readonly bench: SettlementBench;
  nowMs(): number;
  /** Moves the clock; backwards too. */
  pass(hours: number): void;
  /** Gives the event a verdict that asks for a person, and settles it. */
  settleInDoubt(eventId: EventId): Promise<void>;
  /** Rules on a conversion, a deposit unless another kind is given, at its present revision unless one is given. */
  rule(
    transaction: string,
    decision: Decision,
    given?: { kind?: string; revision?: number; actor?: string },
  ): Promise<AcceptedRuling>;
  setPolicy(policy: ReviewPolicy): Promise<void>;
  settleDue(subject?: SubjectKey): Promise<SettledTime>;
  /** When the player is due by the note that settlement left; null: never. */
  dueAtMs(subject?: SubjectKey): Promise<number | null>;
  player(externalId?: string): Promise<PlayerId>;
  conversionId(transaction: string, kind?: string): Promise<ConversionId>;
};

export async function openReviewDesk(db: Db, deal: Deal = {}): Promise<ReviewDesk> {
  let nowMs = Date.now() - 60 * DAY_MS;
  const clock = { nowMs: () => nowMs };
  const bench = await openSettlementBench(db, { startMs: nowMs - HOUR_MS, clock, ...deal });
  const { workspaceId } = bench.tenant;
  const { settleDue } = createSettlementActivities({ db, clock, caller: () => 'desk' });
  const player = (externalId = 'P1') => findPlayer(db, workspaceId, externalId);
  const dueAtMs = async (subject?: SubjectKey) => {
    const row: { due_at: Date | null } | undefined = await db('subjects')
      .where('subject_key', subject ?? (await player()))
      .first('due_at');
    return row?.due_at?.getTime() ?? null;
  };
  const conversionId = async (transaction: string, kind?: string) =>
    idFromUuid('cnv', String((await bench.conversion(transaction, kind))?.conversion_id));
  return {
    ...{ bench, player, dueAtMs, conversionId },
    nowMs: clock.nowMs,
    pass: (hours) => {
      nowMs += hours * HOUR_MS;
    },
    settleInDoubt: async (eventId) => {
      await insertVerdict(db, { workspaceId, subjectId: eventId, verdict: DOUBT, decidedAtMs: nowMs });
      await bench.settleAssessed(eventId);
    },
    rule: async (transaction, decision, { kind, revision, actor = 'key:test' } = {}) => {
      const conversion = await bench.conversion(transaction, kind);
      const seen = revision ?? Number(conversion?.revision);
      const ruled = { workspaceId, conversionId: await conversionId(transaction, kind), revision: seen };
      const ruling = { ...ruled, decision, reason: `to ${decision}`, actor };
      return db.transaction((trx) => acceptRuling(trx, ruling, nowMs));
    },
    setPolicy: (policy) => saveReviewPolicy(db, workspaceId, policy),
    settleDue: async (subject) => {
      const key = subject ?? (await player());
      return settleDue({ subject: key, dueAtMs: (await dueAtMs(key)) ?? nowMs });
    },
  };
}

const DOUBT = {
  outcome: 'review',
  score: 40,
  reasons: [
    {
      code: 'country_not_allowed',
      detail: 'The campaign may not convert in XX.',
      family: 'geo',
      level: 'review',
      mode: 'active',
      score: 40,
    },
  ],
} as const;

/** The facts that rule on a conversion, as rows. */
export function rulingsOn(db: Db, conversionId: ConversionId): Promise<Record<string, unknown>[]> {
  return db('events').where('ruled_conversion_id', uuidFromId(conversionId)).orderBy('ruled_revision');
}
