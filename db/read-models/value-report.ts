import type { Currency } from '../../domain/currencies';
import { type CampaignId, idFromUuid, type PartnerId, type WorkspaceId } from '../../domain/ids';
import { addMeasured, emptyTally, MEASURES, type Measured, type Tally } from '../../domain/value/tally';
import type { Db } from '../knex';
import { type BudgetUse, readBudgetUses } from './budget-use';
import { readSnapshot } from './snapshot';
import { readValueTallies, type ValueGrouping } from './value-tallies';

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
  /** The largest, largest first; those of time in their order. */
  readonly groups: readonly (ValueGroup & { readonly budget: BudgetUse | null })[];
  /** All other groups together; null when there are none. */
  readonly rest: Tally | null;
  readonly leftOut: number;
};

/** What every group of a range was worth, and the range as a whole. */
export async function readValueReport(
  db: Db,
  workspaceId: WorkspaceId,
  question: ReportQuestion,
): Promise<ValueReport> {
  return readSnapshot(db, async (snapshot) => {
    const { campaignId, groupBy, reporting } = question;
    const campaignIds = campaignId === undefined ? undefined : [campaignId];
    const asked = { ...question, campaignIds, workspaceId, measures: MEASURES };
    const { groups, rest, leftOut } = await readValueTallies(snapshot, asked);
    // Groups that partition the facts add up to the whole, roundings included; scenarios overlap and do not.
    const whole =
      groupBy === 'scenario'
        ? (await readValueTallies(snapshot, { ...asked, groupBy: 'all' })).groups.flatMap(({ rows }) => rows)
        : [...groups.flatMap(({ rows }) => rows), ...rest];
    const shown =
      groupBy === 'all' ? [] : groups.map(({ key, rows }) => ({ key, tally: tallyOf(rows, reporting) }));
    return {
      total: tallyOf(whole, reporting),
      groups:
        groupBy === 'campaign'
          ? await withBudgets(snapshot, workspaceId, question, shown)
          : shown.map((group) => ({ ...group, budget: null })),
      rest: leftOut === 0 ? null : tallyOf(rest, reporting),
      leftOut,
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

function tallyOf(measured: readonly Measured[], reporting: Currency): Tally {
  return measured.reduce(addMeasured, emptyTally(reporting));
}
