import type { Currency } from '../../domain/currencies';
import { type CampaignId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import { type Budget, type BudgetPeriod, firstDayOf } from '../../domain/value/budget';
import { addMeasured, emptyTally, type Tally } from '../../domain/value/tally';
import type { Db } from '../knex';
import { type CampaignBudget, loadBudgets } from '../stores/campaign-store';
import { readValueTallies } from './value-tallies';

/** What a campaign has used of its budget in the period that a day lies in, that day included and none after it. */
export type BudgetUse = {
  readonly budget: Budget;
  /** Null: from the campaign's beginning. */
  readonly fromDay: string | null;
  readonly toDay: string;
  /** In the budget's currency: its costs and its clicks. */
  readonly spent: Pick<Tally, 'spend' | 'clickCost'>;
};

type Until = { readonly toDay: string; readonly timeZone: string };

/** Budgets that one question answers. */
type Alike = { readonly period: BudgetPeriod; readonly currency: Currency; readonly of: CampaignBudget[] };

/** Before every cost and click. */
const FIRST_DAY = '0001-01-01';

/** The use of the budgets of those among the campaigns that have one, by the campaign's raw id. */
export async function readBudgetUses(
  db: Db,
  workspaceId: WorkspaceId,
  campaignIds: readonly CampaignId[],
  { toDay, timeZone }: Until,
): Promise<Map<string, BudgetUse>> {
  const uses = new Map<string, BudgetUse>();
  for (const alike of groupAlike(await loadBudgets(db, workspaceId, campaignIds))) {
    const fromDay = firstDayOf(alike.period, toDay);
    const range = { fromDay: fromDay ?? FIRST_DAY, toDay, timeZone };
    const spent = await readSpent(db, workspaceId, range, alike);
    for (const { campaignId, budget } of alike.of) {
      const key = uuidFromId(campaignId);
      uses.set(key, { budget, fromDay, toDay, spent: spent.get(key) ?? emptyTally(alike.currency) });
    }
  }
  return uses;
}

/** As many as there are periods, unless budgets are in several currencies. */
function groupAlike(budgets: readonly CampaignBudget[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const known of budgets) {
    const { period, money } = known.budget;
    const name = `${period} ${money.currency}`;
    const alike = groups.get(name) ?? { period, currency: money.currency, of: [] };
    groups.set(name, alike);
    alike.of.push(known);
  }
  return [...groups.values()];
}

async function readSpent(
  db: Db,
  workspaceId: WorkspaceId,
  range: Until & { readonly fromDay: string },
  { currency, of }: Alike,
): Promise<Map<string, Tally>> {
  // There are no more campaigns than a report has groups, so none is left out.
  const { groups } = await readValueTallies(db, {
    ...{ ...range, workspaceId, reporting: currency },
    // Clicks may be many, of a total budget those of years: they are read only where one of them has cost something.
    measures: of.some(({ hasClickCost }) => hasClickCost) ? ['click', 'spend'] : ['spend'],
    groupBy: 'campaign',
    campaignIds: of.map(({ campaignId }) => campaignId),
  });
  return new Map(
    groups.flatMap(({ key, rows }) =>
      key === null ? [] : [[key, rows.reduce(addMeasured, emptyTally(currency))] as const],
    ),
  );
}
