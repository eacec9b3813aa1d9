import { formatMinor, type Money } from '../money';
import { CAP_PERIODS, type Deal } from './deal';
import { percentText } from './explain-line';

/** What a deal promises and under which conditions, as one sentence for the people who pay by it. */
export function explainDeal({ terms, minDeposit, qualificationDays, holdDays, caps }: Deal): string {
  const conditions = [
    minDeposit === null ? null : `the first deposit at least ${amountText(minDeposit)}`,
    qualificationDays === null ? null : `within ${qualificationDays} days of the binding event`,
    holdDays === 0 ? null : `held for ${holdDays} days`,
    ...CAP_PERIODS.map((period) => (caps[period] === null ? null : capText(period, caps[period]))),
  ].filter((condition) => condition !== null);
  return [termsText(terms), ...conditions].join('; ');
}

function termsText(terms: Deal['terms']): string {
  switch (terms.kind) {
    case 'cpa':
      return `${amountText(terms.cpa)} for a first deposit`;
    case 'percent':
      return `${percentText(terms.ratePpm)} % of every deposit`;
    case 'hybrid':
      return `${amountText(terms.cpa)} for a first deposit and ${percentText(terms.ratePpm)} % of every deposit`;
    case 'cpl':
      return `${amountText(terms.cpl)} for a registration`;
  }
}

function capText(period: (typeof CAP_PERIODS)[number], players: number): string {
  return period === 'total' ? `at most ${players} players ever` : `at most ${players} players a ${period}`;
}

function amountText({ amountMinor, currency }: Money): string {
  return `${formatMinor(amountMinor, currency)} ${currency}`;
}
