import type { Currency } from '../../domain/currencies';
import { type CampaignId, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { addCounts, type Counts, NO_COUNTS } from '../../domain/rollup/counts';
import { HOUR_MS } from '../../domain/time';
import type { Db } from '../knex';
import { lowestUuidAt } from '../partitions';
import { groupsOf, type Placed } from './largest-groups';
import { type OVERVIEW_METRICS, type OverviewGrouping, overviewSql, resultRollup } from './overview-sql';
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
  /** The largest, largest first; those of time and device in the order of their keys. */
  readonly groups: readonly { readonly key: string | null; readonly counts: Counts }[];
  /** All other groups together; null when there are none. */
  readonly rest: Counts | null;
  readonly leftOut: number;
  /** Since when changes of money wait to be counted; null when none does. Clicks never wait. */
  readonly resultsBehindSince: Date | null;
};

type Row = Placed & { readonly currency: Currency | null } & Readonly<
    Record<(typeof OVERVIEW_METRICS)[number], string>
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
    const { rows } = await snapshot.raw<{ rows: Row[] }>(overviewSql(question.groupBy, rollup), bindings);
    const { groups, rest, leftOut } = groupsOf(rows);
    return {
      total: countsOf(rows),
      groups:
        question.groupBy === 'all'
          ? []
          : groups.map(({ key, rows: own }) => ({ key, counts: countsOf(own) })),
      rest: leftOut === 0 ? null : countsOf(rest),
      leftOut,
      resultsBehindSince: progress.behind_since,
    };
  });
}

/** Where the parts of an overview begin and end, and what its statement binds. */
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
  const liveFromMs = Math.max(fromMs, progress.folded_until.getTime());
  const bindings = {
    ...asked,
    fromAt: progress.from_at,
    toAt: progress.to_at,
    quartersFrom: new Date(quartersFromMs),
    liveFrom: lowestUuidAt(liveFromMs),
    liveFromAt: new Date(liveFromMs),
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

function countsOf(rows: readonly Row[]): Counts {
  return rows.map(toCounts).reduce(addCounts, NO_COUNTS);
}

function toCounts(row: Row): Counts {
  const amount = (minor: string): Counts['deposits'] =>
    row.currency === null || BigInt(minor) === 0n ? new Map() : new Map([[row.currency, BigInt(minor)]]);
  return {
    clicks: BigInt(row.clicks),
    impressions: BigInt(row.impressions),
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
