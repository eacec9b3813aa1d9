import { dealInForce } from '../../domain/commission/deal';
import type { ConversionId, PartnerId, WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { loadDeals } from '../stores/deal-store';
import { type AuditRecord, listAuditTrail } from './audit-trail';
import { listConversionRulings, type RulingView } from './conversion-rulings';
import { type CreditedConversion, readCreditedConversion } from './credited-conversions';
import { type ExplainedBinding, readExplainedBinding } from './explain-binding';
import {
  type ExplainedDeal,
  type ExplainedLine,
  readExplainedLines,
  toExplainedDeal,
} from './explain-commission';
import { type ExplainedDelivery, readExplainedDeliveries } from './explain-deliveries';
import { type ExplainedFact, readExplainedFacts } from './explain-facts';
import { type ExplainedJournal, readExplainedLedger } from './explain-ledger';
import { type ExplainedRate, readExplainedRates } from './explain-rates';
import { type ExplainedTouch, readExplainedTouches } from './explain-touches';
import { readSnapshot } from './snapshot';

/** Everything a conversion rests on and everything it led to, as of one moment. */
export type ConversionExplanation = {
  readonly conversion: CreditedConversion;
  readonly facts: readonly ExplainedFact[];
  readonly rulings: readonly RulingView[];
  readonly binding: ExplainedBinding | null;
  /** The deal version of each credited partner that has one, pinned by the binding. */
  readonly deals: readonly ExplainedDeal[];
  readonly touches: readonly ExplainedTouch[];
  readonly commission: readonly ExplainedLine[];
  readonly rates: readonly ExplainedRate[];
  readonly ledger: readonly ExplainedJournal[];
  readonly deliveries: readonly ExplainedDelivery[];
  readonly audit: readonly AuditRecord[];
  /** The lists of which only the beginning is told. */
  readonly cut: readonly string[];
};

const RULINGS_MAX = 50;
const AUDIT_MAX = 100;

/** Null when the workspace has no such conversion. A fixed number of statements, all on one state of the database. */
export async function explainConversion(
  db: Db,
  workspaceId: WorkspaceId,
  conversionId: ConversionId,
): Promise<ConversionExplanation | null> {
  return readSnapshot(db, async (snapshot) => {
    const conversion = await readCreditedConversion(snapshot, workspaceId, conversionId);
    if (conversion === null) return null;
    const facts = await readExplainedFacts(snapshot, conversionId);
    const rulings = await listConversionRulings(snapshot, workspaceId, conversionId, firstOf(RULINGS_MAX));
    const binding = await readExplainedBinding(snapshot, conversionId);
    const known = await loadDeals(snapshot, partnersOf(conversion));
    const ledger = await readExplainedLedger(snapshot, conversionId);
    const deliveries = await readExplainedDeliveries(snapshot, conversionId);
    const audit = await listAuditTrail(snapshot, workspaceId, { subject: conversionId }, firstOf(AUDIT_MAX));
    const cut = {
      facts: facts.isCut,
      rulings: rulings.nextUuid !== null,
      ledger: ledger.isCut,
      deliveries: deliveries.isCut,
      audit: audit.nextUuid !== null,
    };
    return {
      conversion,
      facts: facts.items,
      rulings: rulings.items,
      binding,
      deals: binding === null ? [] : pinnedDeals(conversion, known, Date.parse(binding.boundAt)),
      touches: await readExplainedTouches(snapshot, conversionId),
      commission: await readExplainedLines(snapshot, conversionId, known),
      rates: await readExplainedRates(snapshot, conversionId),
      ledger: ledger.items,
      deliveries: deliveries.items,
      audit: audit.items,
      cut: Object.entries(cut).flatMap(([list, isCut]) => (isCut ? [list] : [])),
    };
  });
}

function firstOf(limit: number) {
  return { limit, afterUuid: null };
}

function creditedPartners({ attribution }: CreditedConversion): PartnerId[] {
  return [...new Set(attribution.credits.flatMap(({ partnerId }) => partnerId ?? []))];
}

/** Those that are credited, and those that were paid before somebody else was. */
function partnersOf(conversion: CreditedConversion): PartnerId[] {
  const paid = conversion.commission.map(({ partnerId }) => partnerId);
  return [...new Set([...creditedPartners(conversion), ...paid])];
}

/** By the rule that settlement goes by. */
function pinnedDeals(
  conversion: CreditedConversion,
  known: Parameters<typeof dealInForce>[0],
  boundAtMs: number,
): ExplainedDeal[] {
  return creditedPartners(conversion).flatMap((partnerId) => {
    const deal = dealInForce(known, partnerId, boundAtMs);
    return deal === null ? [] : [toExplainedDeal(deal)];
  });
}
