import { type Currency, parseCurrency } from '../../domain/currencies';
import { uuidFromId, type WorkspaceId } from '../../domain/ids';
import { DAY_MS, toIso } from '../../domain/time';
import {
  type GoalPhase,
  type GoalProgress,
  goalProgress,
  MEASURES_OF,
  type RunningDay,
} from '../../domain/value/goal';
import { addMeasured, emptyTally } from '../../domain/value/tally';
import type { Db } from '../knex';
import type { Goal } from '../stores/goal-store';
import { MEASURED_SUMS, type MeasuredRow, measuredSql, toMeasured } from './measured';
import { nullableUuid } from './row-values';
import { localDaySql } from './scenario-cover';
import { valueFactsSql } from './value-facts';

/** A count has no currency; whatever is chosen, nothing is converted into it. */
const ANY_CURRENCY = parseCurrency('USD') as Currency;

/** What of a goal decides its progress; it need not be stored yet. */
type MeasuredGoal = Omit<Goal, 'goalId' | 'name' | 'createdAtMs'>;

const GIVEN = `jsonb_to_recordset(CAST(:goals AS jsonb)) AS g (goal integer, campaign_id uuid, from_day date, to_day date,
  time_zone text, currency text, measures text[])`;
/** The day of a fact in the zone of the goal; spend has a day and no moment. */
const DAY = `coalesce(${localDaySql('m.at', 'g.time_zone')}, m.day)`;
const LAST_OF_DAY = `((m.day + 1)::timestamp AT TIME ZONE g.time_zone) - interval '1 microsecond'`;

function progressSql(goals: readonly MeasuredGoal[]): string {
  const measures = [...new Set(goals.flatMap(({ metric }) => MEASURES_OF[metric]))];
  const sums = measuredSql({
    from: `(${valueFactsSql(measures)}) AS m
      JOIN ${GIVEN} ON m.measure = ANY(g.measures) AND (g.campaign_id IS NULL OR g.campaign_id = m.campaign_id)
        AND ${DAY} BETWEEN g.from_day AND g.to_day`,
    where: 'true',
    groups: { goal: 'g.goal', day: `${DAY}::text` },
    reporting: 'g.currency',
    ratedAt: `CASE WHEN m.at IS NULL THEN ${LAST_OF_DAY} ELSE m.rated_at END`,
  });
  return `SELECT goal, day, measure, currency, ${MEASURED_SUMS.map((sum) => `coalesce(${sum}, 0)::text AS ${sum}`).join(', ')}
    FROM (${sums}) AS every ORDER BY goal, day`;
}

/**
 * How far goals of the workspace are, in their order, computed from the conversions, costs and rates as they stand now.
 * One question for all of them: what they are measured by is read once, however many goals look at it.
 */
export async function readGoalProgress<Given extends MeasuredGoal>(
  db: Db,
  workspaceId: WorkspaceId,
  goals: readonly Given[],
  nowMs: number,
): Promise<{ goal: Given; progress: GoalProgress }[]> {
  if (goals.length === 0) return [];
  const { rows } = await db.raw<{ rows: (MeasuredRow & { goal: number; day: string })[] }>(
    progressSql(goals),
    {
      workspace: uuidFromId(workspaceId),
      goals: JSON.stringify(goals.map(toGiven)),
      ...daysOfAll(goals),
      zone: 'UTC',
    },
  );
  const today = await readToday(db, goals, nowMs);
  const byGoal = rowsByGoal(rows);
  return goals.map((goal, nth) => {
    const reporting = goal.currency ?? ANY_CURRENCY;
    const days = runningDays(byGoal.get(nth) ?? [], reporting);
    const whole = days.at(-1)?.tally ?? emptyTally(reporting);
    const phase = phaseOf(goal, today.get(goal.timeZone) ?? '');
    return { goal, progress: goalProgress(goal, days, whole, phase) };
  });
}

function rowsByGoal<Row extends { readonly goal: number }>(rows: readonly Row[]): ReadonlyMap<number, Row[]> {
  const byGoal = new Map<number, Row[]>();
  for (const row of rows) {
    const known = byGoal.get(row.goal);
    if (known === undefined) byGoal.set(row.goal, [row]);
    else known.push(row);
  }
  return byGoal;
}

function toGiven(goal: MeasuredGoal, nth: number): object {
  return {
    goal: nth,
    campaign_id: nullableUuid(goal.campaignId ?? undefined),
    from_day: goal.fromDay,
    to_day: goal.toDay,
    time_zone: goal.timeZone,
    currency: goal.currency,
    measures: MEASURES_OF[goal.metric],
  };
}

/** The days of UTC in which any day of a goal lies, whatever its time zone. */
function daysOfAll(goals: readonly MeasuredGoal[]): { from: string; to: string } {
  const [first = ''] = goals.map(({ fromDay }) => fromDay).sort();
  const last =
    goals
      .map(({ toDay }) => toDay)
      .sort()
      .at(-1) ?? '';
  const shifted = (day: string, ms: number) => toIso(Date.parse(day) + ms).slice(0, 10);
  return { from: shifted(first, -DAY_MS), to: shifted(last, DAY_MS) };
}

/** Rows come in the order of their days; each day holds what all before it hold. */
function runningDays(rows: readonly (MeasuredRow & { day: string })[], reporting: Currency): RunningDay[] {
  const days: RunningDay[] = [];
  for (const row of rows) {
    const last = days.at(-1);
    const tally = addMeasured(last?.tally ?? emptyTally(reporting), toMeasured(row));
    if (last?.day === row.day) days.pop();
    days.push({ day: row.day, tally });
  }
  return days;
}

async function readToday(
  db: Db,
  goals: readonly MeasuredGoal[],
  nowMs: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.raw<{ rows: { zone: string; today: string }[] }>(
    `SELECT zone, ${localDaySql('CAST(:now AS timestamptz)', 'zone')} AS today
     FROM unnest(CAST(:zones AS text[])) AS z (zone)`,
    { now: new Date(nowMs), zones: [...new Set(goals.map(({ timeZone }) => timeZone))] },
  );
  return new Map(rows.map(({ zone, today }) => [zone, today]));
}

function phaseOf({ fromDay, toDay }: MeasuredGoal, today: string): GoalPhase {
  return today < fromDay ? 'before' : today > toDay ? 'after' : 'within';
}
