import type { Currency } from '../../domain/currencies';
import { type CampaignId, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { addCounts, type Counts, NO_COUNTS } from '../../domain/rollup/counts';
import { HOUR_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';
import type { RESULT_METRICS } from '../stores/result-rollup';
import { MAX_GROUPS } from './max-groups';
import { type OverviewGrouping, resultRollup, resultSql, trafficSql } from './overview-sql';
import { nullableUuid } from './row-values';
import { readSnapshot } from './snapshot';
import { RANGE_FROM, RANGE_TO } from './value-facts';

export type OverviewQuestion = {
  /** Calendar days of the time zone, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  readonly groupBy: OverviewGrouping;
  readonly campaignId?: CampaignId | undefined;
  readonly partnerId?: PartnerId | undefined;
};

export type OverviewReport = {
  readonly total: Counts;
  readonly groups: readonly { readonly key: string | null; readonly counts: Counts }[];
  /** Groups beyond the limit; the total holds them too. */
  readonly leftOut: number;
  /** Since when changes of money wait to be counted; null when none does. Clicks never wait. */
  readonly resultsBehindSince: Date | null;
};

type TrafficRow = { key: string | null; clicks: string; impressions: string };

type ResultRow = { key: string | null; currency: Currency | null } & Record<
  (typeof RESULT_METRICS)[number],
  string
>;

type ProgressRow = {
  folded_until: Date;
  closed_until: Date;
  from_at: Date;
  to_at: Date;
  is_whole_hours: boolean;
  behind_since: Date | null;
};

/**
 * The numbers of a range of days from the rollups, with the clicks that they do not hold yet. Equal to what counting all
 * clicks and conversions would give, except for money that was settled within the last seconds.
 */
export async function readOverview(
  db: Db,
  workspaceId: WorkspaceId,
  question: OverviewQuestion,
): Promise<OverviewReport> {
  return readSnapshot(db, async (snapshot) => {
    const { progress, bindings, rollup } = await overviewBindings(snapshot, workspaceId, question);
    const traffic = await snapshot.raw<{ rows: TrafficRow[] }>(trafficSql(question.groupBy), bindings);
    const results = await snapshot.raw<{ rows: ResultRow[] }>(resultSql(question.groupBy, rollup), bindings);
    const groups = byKey(traffic.rows, results.rows);
    const isGrouped = question.groupBy !== 'all';
    return {
      total: groups.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS),
      groups: isGrouped ? groups.slice(0, MAX_GROUPS) : [],
      leftOut: isGrouped ? Math.max(0, groups.length - MAX_GROUPS) : 0,
      resultsBehindSince: progress.behind_since,
    };
  });
}

/** Where the parts of an overview begin and end, and what both of its statements bind. */
export async function overviewBindings(snapshot: Db, workspaceId: WorkspaceId, question: OverviewQuestion) {
  const asked = {
    workspace: uuidFromId(workspaceId),
    zone: question.timeZone,
    campaign: nullableUuid(question.campaignId),
    partner: nullableUuid(question.partnerId),
  };
  const progress = await readProgress(snapshot, {
    ...asked,
    from: question.fromDay,
    to: question.toDay,
  });
  const [fromMs, toMs] = [progress.from_at.getTime(), progress.to_at.getTime()];
  // Until here whole hours are read, from here quarters; in a zone that hours cannot tell, from the beginning.
  const hoursUntilMs = Math.floor(progress.closed_until.getTime() / HOUR_MS) * HOUR_MS;
  const quartersFromMs = progress.is_whole_hours ? Math.max(fromMs, Math.min(hoursUntilMs, toMs)) : fromMs;
  const bindings = {
    ...asked,
    fromAt: progress.from_at,
    toAt: progress.to_at,
    quartersFrom: new Date(quartersFromMs),
    liveFrom: lowestUuidAt(Math.max(fromMs, progress.folded_until.getTime())),
    toUuid: lowestUuidAt(toMs),
  };
  const isFiltered = asked.campaign !== null || asked.partner !== null;
  const rollup = resultRollup(question.groupBy, { isWholeHours: progress.is_whole_hours, isFiltered });
  return { progress, bindings, rollup };
}

/**
 * How far the rollups are, and whether whole hours of UTC can tell the days and hours of the range: in a zone that
 * differs by half an hour, or is going to, they cannot.
 */
async function readProgress(snapshot: Db, bindings: Record<string, unknown>): Promise<ProgressRow> {
  const { rows } = await snapshot.raw<{ rows: ProgressRow[] }>(
    `SELECT p.folded_until, p.closed_until, ${RANGE_FROM} AS from_at, ${RANGE_TO} AS to_at,
       (SELECT bool_and(extract(minute FROM midnight.at AT TIME ZONE 'UTC') = 0)
        FROM generate_series(0, CAST(:to AS date) + 1 - CAST(:from AS date)) AS d (nth)
        CROSS JOIN LATERAL (
          SELECT (CAST(:from AS date) + d.nth)::timestamp AT TIME ZONE CAST(:zone AS text) AS at) AS midnight) AS is_whole_hours,
       (SELECT m.marked_at FROM result_marks AS m WHERE m.workspace_id = :workspace ORDER BY m.mark_id LIMIT 1)
         AS behind_since
     FROM rollup_progress AS p`,
    bindings,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the progress of the rollups is gone');
  return row;
}

function byKey(
  traffic: readonly TrafficRow[],
  results: readonly ResultRow[],
): { key: string | null; counts: Counts }[] {
  const groups = new Map<string | null, Counts>();
  const add = (key: string | null, counts: Counts) =>
    groups.set(key, addCounts(groups.get(key) ?? NO_COUNTS, counts));
  for (const row of traffic) {
    add(row.key, { ...NO_COUNTS, clicks: BigInt(row.clicks), impressions: BigInt(row.impressions) });
  }
  for (const row of results) add(row.key, toCounts(row));
  // As text, with what belongs to no group last.
  return [...groups.entries()]
    .map(([key, counts]) => ({ key, counts }))
    .sort((a, b) => (a.key === null ? 1 : b.key === null ? -1 : a.key < b.key ? -1 : 1));
}

function toCounts(row: ResultRow): Counts {
  const amount = (minor: string): Counts['deposits'] =>
    row.currency === null || BigInt(minor) === 0n ? new Map() : new Map([[row.currency, BigInt(minor)]]);
  return {
    ...NO_COUNTS,
    blockedClicks: BigInt(row.blocked_clicks),
    reviewClicks: BigInt(row.review_clicks),
    installsPpm: BigInt(row.installs_ppm),
    registrationsPpm: BigInt(row.registrations_ppm),
    depositsPpm: BigInt(row.deposits_ppm),
    firstDepositorsPpm: BigInt(row.first_deposits_ppm),
    deposits: amount(row.deposit_minor),
    commission: amount(row.commission_minor),
  };
}
