import type { Db } from '../db/knex';
import { loadUnjudgedClicks, type UnjudgedClick } from '../db/stores/evidence-store';
import { loadRuleSets } from '../db/stores/fraud-rule-store';
import { type Hit, loadMinuteCounts, recordHits } from '../db/stores/velocity-store';
import { grantVerdicts } from '../db/stores/verdict-store';
import { countedClicks, judgeClick } from '../domain/fraud/click-rules';
import type { MinuteCounts } from '../domain/fraud/velocity';
import type { ClickId } from '../domain/ids';
import { addressKey } from './address-key';

/**
 * Gives every click of the list its verdict, unless it has one. The relay screens clicks in batches; a journey
 * calls the same function for its own click, so an event that overtakes the batch finds a verdict too. However many
 * clicks there are, the number of statements stays the same.
 */
export async function screenClicks(db: Db, clickIds: readonly ClickId[], nowMs: number): Promise<void> {
  const unjudged = await loadUnjudgedClicks(db, clickIds);
  const ruleSetOf = await loadRuleSets(db, unjudged);
  const limit = Math.max(0, ...unjudged.map((click) => countedClicks(ruleSetOf(click))));
  const countsOf = await countHits(db, unjudged, limit);
  await grantVerdicts(
    db,
    unjudged.map((click) => ({
      subject: { kind: 'click', id: click.clickId },
      rulesVersion: click.rulesVersion,
      verdict: judgeClick({ ...click, ...countsOf(click.clickId) }, ruleSetOf(click)),
    })),
    nowMs,
  );
}

type Counts = {
  readonly perAddress: MinuteCounts | null;
  readonly perAddressAndUserAgent: MinuteCounts | null;
};

/**
 * Records the clicks under their keys first, then counts: a click counts itself and those of its own batch. Clicks of
 * test links are not counted: whoever tries a link out must not make the next visitor suspicious.
 */
async function countHits(
  db: Db,
  unjudged: readonly UnjudgedClick[],
  limit: number,
): Promise<(clickId: ClickId) => Counts> {
  const clicks = unjudged.filter((click) => !click.isTest);
  const perAddress = clicks.flatMap((click) => hitOf(click, addressKey(click.velocitySalt, click.ip)));
  const perBoth = clicks.flatMap((click) =>
    hitOf(click, addressKey(click.velocitySalt, click.ip, click.userAgent)),
  );
  const hits = [...perAddress, ...perBoth];
  await recordHits(db, hits);
  const counts = await loadMinuteCounts(db, hits, limit);
  const addressCounts = new Map(perAddress.map((hit, index) => [hit.clickId, counts[index]]));
  const bothCounts = new Map(perBoth.map((hit, index) => [hit.clickId, counts[perAddress.length + index]]));
  return (clickId) => ({
    perAddress: addressCounts.get(clickId) ?? null,
    perAddressAndUserAgent: bothCounts.get(clickId) ?? null,
  });
}

function hitOf({ workspaceId, clickedAtMs, clickId }: UnjudgedClick, key: string | null): Hit[] {
  return key === null ? [] : [{ workspaceId, key, hitAtMs: clickedAtMs, clickId }];
}
