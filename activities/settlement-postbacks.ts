import type { Db } from '../db/knex';
import { type ConversionOwner, causeOf } from '../db/stores/conversion-store';
import {
  addPostback,
  type ClickParameters,
  loadClickParameters,
  loadPostbackTargets,
  loadReports,
  type PostbackTarget,
  type Report,
} from '../db/stores/postback-store';
import type { ClickId } from '../domain/ids';
import { renderPostback } from '../domain/postback/render';
import type { Books } from '../domain/settlement/books';
import {
  correctionKey,
  mayBeTold,
  type PostbackDuty,
  postbackDuties,
  postbackKey,
} from '../domain/settlement/postback-duties';
import { postbackContext, type Word } from './postback-context';
import type { ChangedConversion } from './settlement-differences';

/**
 * Renders and stores the postbacks that the changed conversions give to report. What was reported stays as it was
 * sent; what changed since is told as a correction, to the destinations that subscribe to corrections.
 */
export async function addDuePostbacks(trx: Db, settled: Settled): Promise<void> {
  const { owner, changed } = settled;
  if (changed.length === 0) return;
  const targets = await loadPostbackTargets(trx, owner.workspaceId);
  if (targets.length === 0) return;
  const reports = await loadReports(trx, owner);
  const writer: Writer = { ...settled, trx, targets, reports, clicks: new Map() };
  // Every report comes before any withdrawal: a title that moves is handed over, and only the rest is withdrawn.
  for (const conversion of changed) await reportConversion(writer, conversion);
  for (const conversion of changed) await withdrawWhatIsDueNoMore(writer, conversion);
}

/** What was settled, and by which activity; null when it has none that could deliver. */
type Settled = {
  readonly owner: ConversionOwner;
  readonly books: Books;
  readonly changed: readonly ChangedConversion[];
  readonly handedTo: string | null;
  readonly nowMs: number;
};

type Writer = Settled & {
  readonly trx: Db;
  readonly targets: readonly PostbackTarget[];
  /** What was told so far, by the key of the report; kept current while this settlement tells more. */
  readonly reports: Map<string, Report>;
  readonly clicks: Map<ClickId, ClickParameters>;
};

async function reportConversion(writer: Writer, conversion: ChangedConversion): Promise<void> {
  for (const target of writer.targets) {
    const clickId = creditedClick(target, conversion);
    if (clickId === null) continue;
    for (const duty of postbackDuties(conversion.deserved, writer.owner)) {
      if (!target.events.includes(duty.event)) continue;
      const report = writer.reports.get(keyOf(writer, target, duty));
      const word = { conversion, duty, clickId, correction: 0, isWithdrawal: false };
      if (report === undefined) {
        if (mayBeTold(target, conversion.deserved.fact)) await tell(writer, target, word);
      } else if (isOutdated(report, target, word)) await correct(writer, target, report, word);
    }
  }
}

/** Whether a report would say something else today. A chargeback happened once and is never corrected. */
function isOutdated(report: Report, target: PostbackTarget, { conversion, clickId }: Word): boolean {
  if (report.event === 'chargeback') return false;
  const isOthers = report.conversionId !== conversion.conversionId || report.clickId !== clickId;
  const paysOtherwise = target.partnerId !== null && conversion.repaidPartners.has(target.partnerId);
  return report.isWithdrawn || isOthers || paysOtherwise;
}

/** Tells those who were told of this conversion, and to whom it is not due any more, that nothing is left of it. */
async function withdrawWhatIsDueNoMore(writer: Writer, conversion: ChangedConversion): Promise<void> {
  const due = postbackDuties(conversion.deserved, writer.owner);
  for (const report of [...writer.reports.values()]) {
    if (report.conversionId !== conversion.conversionId || report.isWithdrawn) continue;
    if (report.event === 'chargeback') continue;
    const target = writer.targets.find(({ destinationId }) => destinationId === report.destinationId);
    if (target === undefined) continue;
    const isDue = due.some((duty) => keyOf(writer, target, duty) === report.key);
    if (isDue && creditedClick(target, conversion) !== null) continue;
    const duty = { event: report.event, subject: '' };
    const word = { conversion, duty, clickId: report.clickId, correction: 0, isWithdrawal: true };
    await correct(writer, target, report, word);
  }
}

async function correct(writer: Writer, target: PostbackTarget, report: Report, word: Word): Promise<void> {
  if (!target.events.includes('correction')) return;
  await tell(writer, target, { ...word, correction: report.corrections + 1 }, report);
}

async function tell(writer: Writer, target: PostbackTarget, word: Word, corrected?: Report): Promise<void> {
  const { trx, owner, books, handedTo, nowMs } = writer;
  const { conversionId } = word.conversion;
  const { clickId, isWithdrawal } = word;
  const firstKey = corrected?.key ?? keyOf(writer, target, word.duty);
  const context = postbackContext(owner, books, target, word, await clickOf(writer, clickId));
  await addPostback(
    trx,
    {
      workspaceId: owner.workspaceId,
      destinationId: target.destinationId,
      key: corrected === undefined ? firstKey : correctionKey(firstKey, word.correction),
      event: context.event,
      corrects: corrected === undefined ? null : firstKey,
      isWithdrawal,
      causedBy: causeOf(owner, word.conversion.deserved),
      conversionId,
      clickId,
      playerId: owner.playerId,
      request: renderPostback(target, context),
      context: target.kind === 'partner_url' ? context : null,
      handedTo,
    },
    nowMs,
  );
  writer.reports.set(firstKey, {
    destinationId: target.destinationId,
    key: firstKey,
    event: word.duty.event,
    corrections: word.correction,
    conversionId,
    clickId,
    isWithdrawn: isWithdrawal,
  });
}

function keyOf(writer: Writer, target: PostbackTarget, duty: PostbackDuty): string {
  return postbackKey(writer.owner.workspaceId, target.destinationId, duty);
}

/**
 * The click through which a destination learns of a conversion: the latest credited one of its own partner and
 * campaign, or of any. Of a view there is no click to name, and nobody to tell.
 */
function creditedClick(target: PostbackTarget, { deserved }: ChangedConversion): ClickId | null {
  const mine = deserved.credits.findLast(
    ({ touch }) =>
      touch.kind === 'click' &&
      (target.partnerId === null || target.partnerId === touch.partnerId) &&
      (target.campaignId === null || target.campaignId === touch.campaignId),
  );
  return mine?.touch.kind === 'click' ? mine.touch.clickId : null;
}

async function clickOf({ trx, clicks }: Writer, clickId: ClickId): Promise<ClickParameters> {
  const known = clicks.get(clickId) ?? (await loadClickParameters(trx, clickId));
  clicks.set(clickId, known);
  return known;
}
