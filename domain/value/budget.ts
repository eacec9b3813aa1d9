import type { Money } from '../money';

export const BUDGET_PERIODS = ['day', 'month', 'total'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** How much may be spent on a campaign, each day, each calendar month or altogether. */
export type Budget = { readonly money: Money; readonly period: BudgetPeriod };

/** The first day of the budget's period that a day lies in; null when the period has no beginning. */
export function firstDayOf(period: BudgetPeriod, day: string): string | null {
  switch (period) {
    case 'day':
      return day;
    case 'month':
      return `${day.slice(0, -2)}01`;
    case 'total':
      return null;
  }
}
