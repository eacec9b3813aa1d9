import type { Currency } from '../../domain/currencies';
import { type CampaignId, idFromUuid, type PartnerId, type WorkspaceId } from '../../domain/ids';
import { addMeasured, emptyTally, MEASURES, type Tally } from '../../domain/value/tally';
import type { Db } from '../knex';
import { type BudgetUse, readBudgetUses } from './budget-use';
import { MAX_GROUPS } from './max-groups';
import { readSnapshot } from './snapshot';
import { type GroupedMeasured, readValueTallies, type ValueGrouping } from './value-tallies';

export type ReportQuestion = {
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  readonly groupBy: ValueGrouping;
  readonly reporting: Currency;
  readonly campaignId?: CampaignId | undefined;
  readonly partnerId?: PartnerId | undefined;
};

type ValueGroup = { readonly key: string | null; readonly tally: Tally };

export type ValueReport = {
  readonly total: Tally;
  readonly groups: readonly (ValueGroup & { readonly budget: BudgetUse | null })[];
  /** Groups beyond the limit; the total holds them too. */
  readonly leftOut: number;
};

/** What every group of a range was worth, and the range as a whole. */
export async function readValueReport(
  db: Db,
  workspaceId: WorkspaceId,
  question: ReportQuestion,
): Promise<ValueReport> {
  return readSnapshot(db, async (snapshot) => {
    const asked = { ...question, workspaceId, measures: MEASURES };
    const grouped = await readValueTallies(snapshot, asked);
    // Groups that partition the facts add up to the whole, roundings included; scenarios overlap and do not.
    const whole =
      question.groupBy === 'scenario'
        ? await readValueTallies(snapshot, { ...asked, groupBy: 'all' })
        : grouped;
    const groups = tallyByKey(grouped, question.reporting);
    const shown = question.groupBy === 'all' ? [] : groups.slice(0, MAX_GROUPS);
    return {
      total: tallyOf(whole, question.reporting),
      groups:
        question.groupBy === 'campaign'
          ? await withBudgets(snapshot, workspaceId, question, shown)
          : shown.map((group) => ({ ...group, budget: null })),
      leftOut: question.groupBy === 'all' ? 0 : Math.max(0, groups.length - MAX_GROUPS),
    };
  });
}

/** A budget is the whole campaign's, whatever partner the report is narrowed to. */
async function withBudgets(
  snapshot: Db,
  workspaceId: WorkspaceId,
  question: ReportQuestion,
  groups: readonly ValueGroup[],
): Promise<ValueReport['groups']> {
  const campaignIds = groups.flatMap(({ key }) => (key === null ? [] : [idFromUuid('cmp', key)]));
  const uses = await readBudgetUses(snapshot, workspaceId, campaignIds, question);
  return groups.map((group) => ({ ...group, budget: uses.get(group.key ?? '') ?? null }));
}

function tallyByKey(grouped: readonly GroupedMeasured[], reporting: Currency): ValueGroup[] {
  const tallies = new Map<string | null, Tally>();
  for (const { key, measured } of grouped) {
    tallies.set(key, addMeasured(tallies.get(key) ?? emptyTally(reporting), measured));
  }
  return [...tallies.entries()].map(([key, tally]) => ({ key, tally }));
}

function tallyOf(grouped: readonly GroupedMeasured[], reporting: Currency): Tally {
  return grouped.reduce((tally, { measured }) => addMeasured(tally, measured), emptyTally(reporting));
}
