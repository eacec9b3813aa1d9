import type { Currency } from '../../domain/currencies';
import { type PlayerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { type DepositHabit, type Frequency, frequencyOf } from '../../domain/ltv/frequency';
import { type NgrRank, rankedDays, type Segmentation, segmentOf } from '../../domain/ltv/segment';
import { DAY_MS } from '../../domain/time';
import type { Db } from '../knex';
import { readCurrentSegmentRules } from '../stores/segment-rule-store';
import { readSnapshot } from './snapshot';
import { standingNgrSql } from './standing-ngr';

/** How often a player deposits, and which segment that makes of him, and why. */
export type PlayerWorth = {
  readonly habit: DepositHabit;
  readonly frequency: Frequency;
  readonly segmentation: Segmentation;
};

/** A player's worth as it is seen at a time, by the rules that are in force now. */
export async function readPlayerWorth(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
  nowMs: number,
): Promise<PlayerWorth> {
  return readSnapshot(db, async (snapshot) => {
    const ruleSet = await readCurrentSegmentRules(snapshot, workspaceId);
    const habit = await readHabit(snapshot, playerId);
    const frequency = frequencyOf(habit, nowMs);
    const values = await readValues(snapshot, playerId);
    const ranks: NgrRank[] = [];
    // Ranking looks at every player of the workspace, so it is done only for those who have any NGR.
    if (values.some(({ ngrMinor }) => ngrMinor !== null && ngrMinor > 0n)) {
      for (const days of rankedDays(ruleSet)) {
        ranks.push(...(await readRanks(snapshot, workspaceId, playerId, days, nowMs)));
      }
    }
    const { deposits, daysActive } = habit;
    const standing = { ...frequency, deposits, daysActive, values, ranks };
    return { habit, frequency, segmentation: segmentOf(standing, ruleSet) };
  });
}

async function readHabit(db: Db, playerId: PlayerId): Promise<DepositHabit> {
  type Row = { deposits: number; days_active: number; first_at: Date | null; last_at: Date | null };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT count(*)::integer AS deposits, count(DISTINCT (n.occurred_at AT TIME ZONE 'UTC')::date)::integer AS days_active,
       min(n.occurred_at) AS first_at, max(n.occurred_at) AS last_at
     FROM conversions AS n
     JOIN events AS e ON e.event_id = n.event_id
     WHERE n.player_id = ? AND n.kind = 'deposit' AND e.status = 'confirmed'
       AND n.status NOT IN ('rejected', 'reversed')`,
    [uuidFromId(playerId)],
  );
  const row = rows[0];
  return {
    deposits: row?.deposits ?? 0,
    daysActive: row?.days_active ?? 0,
    firstAtMs: row?.first_at?.getTime() ?? null,
    lastAtMs: row?.last_at?.getTime() ?? null,
  };
}

type Value = {
  readonly currency: Currency;
  readonly depositTotalMinor: bigint;
  readonly ngrMinor: bigint | null;
};

async function readValues(db: Db, playerId: PlayerId): Promise<Value[]> {
  type Row = { currency: Currency; deposit_total_minor: string; ngr_total_minor: string | null };
  const rows: Row[] = await db('customer_ltv')
    .select('currency', 'deposit_total_minor', 'ngr_total_minor')
    .where('player_id', uuidFromId(playerId))
    .orderBy('currency');
  return rows.map((row) => ({
    currency: row.currency,
    depositTotalMinor: BigInt(row.deposit_total_minor),
    ngrMinor: row.ngr_total_minor === null ? null : BigInt(row.ngr_total_minor),
  }));
}

/** One range of the index events_ngr_idx: the NGR of the workspace's players in the last days, per currency. */
async function readRanks(
  db: Db,
  workspaceId: WorkspaceId,
  playerId: PlayerId,
  days: number,
  nowMs: number,
): Promise<NgrRank[]> {
  type Row = { currency: Currency; minor: string; above: number; players: number };
  const { rows } = await db.raw<{ rows: Row[] }>(
    `WITH totals AS (
       SELECT g.player_id, g.currency, sum(g.amount_minor) AS minor
       FROM (${standingNgrSql('CAST(:since AS timestamptz)', 'CAST(:until AS timestamptz)')}) AS g
       GROUP BY g.player_id, g.currency
     )
     SELECT o.currency, o.minor, count(*) FILTER (WHERE t.minor > o.minor)::integer AS above, count(*)::integer AS players
     FROM totals AS o
     JOIN totals AS t ON t.currency = o.currency
     WHERE o.player_id = :player
     GROUP BY o.currency, o.minor ORDER BY o.currency`,
    {
      workspace: uuidFromId(workspaceId),
      player: uuidFromId(playerId),
      since: new Date(nowMs - days * DAY_MS),
      until: new Date(nowMs),
    },
  );
  return rows.map(({ currency, minor, above, players }) => ({
    days,
    currency,
    ngrMinor: BigInt(minor),
    above,
    players,
  }));
}
