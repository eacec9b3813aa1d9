import { type Currency, parseCurrency } from '../../domain/currencies';
import type { WorkspaceId } from '../../domain/ids';
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
import { localDaySql } from './scenario-cover';
import { type GroupedMeasured, readValueTallies } from './value-tallies';

/** A count has no currency; whatever is chosen, nothing is converted into it. */
const ANY_CURRENCY = parseCurrency('USD') as Currency;

/** How far a goal of the workspace is, computed from the conversions, costs and rates as they stand now. */
export async function readGoalProgress(
  db: Db,
  workspaceId: WorkspaceId,
  goal: Goal,
  nowMs: number,
): Promise<GoalProgress> {
  const reporting = goal.currency ?? ANY_CURRENCY;
  const grouped = await readValueTallies(db, {
    workspaceId,
    fromDay: goal.fromDay,
    toDay: goal.toDay,
    timeZone: goal.timeZone,
    measures: MEASURES_OF[goal.metric],
    groupBy: 'day',
    reporting,
    campaignId: goal.campaignId ?? undefined,
  });
  const days = runningDays(grouped, reporting);
  const whole = days.at(-1)?.tally ?? emptyTally(reporting);
  return goalProgress(goal, days, whole, await readPhase(db, goal, nowMs));
}

/** Rows come in the order of their days; each day holds what all before it hold. */
function runningDays(grouped: readonly GroupedMeasured[], reporting: Currency): RunningDay[] {
  const days: RunningDay[] = [];
  for (const { key, measured } of grouped) {
    if (key === null) throw new Error('a fact without a day');
    const last = days.at(-1);
    const tally = addMeasured(last?.tally ?? emptyTally(reporting), measured);
    if (last?.day === key) days.pop();
    days.push({ day: key, tally });
  }
  return days;
}

async function readPhase(db: Db, goal: Goal, nowMs: number): Promise<GoalPhase> {
  const { rows } = await db.raw<{ rows: { today: string }[] }>(
    `SELECT ${localDaySql('CAST(:now AS timestamptz)', 'CAST(:zone AS text)')} AS today`,
    { now: new Date(nowMs), zone: goal.timeZone },
  );
  const today = rows[0]?.today ?? '';
  return today < goal.fromDay ? 'before' : today > goal.toDay ? 'after' : 'within';
}
