import type { Db } from '../../db/knex';
import { parseId, uuidFromId } from '../../domain/ids';

/** What of the acknowledged clicks is in the tables. */
export type RowCheck = {
  readonly acknowledged: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** One id acknowledged to two requests. */
  readonly doubled: number;
  /** There, without anybody having been told: its answer was lost on the way. */
  readonly unacknowledged: number;
  /** Clicks of the campaign without their raw request. */
  readonly withoutRaw: number;
};

const IDS_AT_ONCE = 20_000;

/** Compares every click id that a load generator was given for a campaign with the rows that are there now. */
export async function checkRows(db: Db, campaignId: string, clickIds: readonly string[]): Promise<RowCheck> {
  const uuids = [...new Set(clickIds)].map(uuidOf);
  let found = 0;
  for (let start = 0; start < uuids.length; start += IDS_AT_ONCE) {
    const some = uuids.slice(start, start + IDS_AT_ONCE);
    const { rows } = await db.raw<{ rows: { n: bigint }[] }>(
      'SELECT count(*) AS n FROM clicks WHERE click_id = ANY(?::uuid[]) AND campaign_id = ?',
      [some, campaignUuid(campaignId)],
    );
    found += Number(rows[0]?.n);
  }
  const { rows } = await db.raw<{ rows: { clicks: bigint; without_raw: bigint }[] }>(
    `SELECT count(*) AS clicks, count(*) FILTER (WHERE r.click_id IS NULL) AS without_raw
     FROM clicks AS c LEFT JOIN click_raw AS r USING (click_id) WHERE c.campaign_id = ?`,
    [campaignUuid(campaignId)],
  );
  return {
    acknowledged: clickIds.length,
    lost: uuids.length - found,
    doubled: clickIds.length - uuids.length,
    unacknowledged: Number(rows[0]?.clicks) - found,
    withoutRaw: Number(rows[0]?.without_raw),
  };
}

/** For people. */
export function rowCheckLine(check: RowCheck): string {
  const { acknowledged, lost, doubled, unacknowledged } = check;
  return (
    `  rows: ${acknowledged} acknowledged · ${lost} lost · ${doubled} doubled · ` +
    `${unacknowledged} recorded without an answer`
  );
}

function uuidOf(clickId: string): string {
  const id = parseId('clk', clickId);
  if (id === null) throw new Error(`${clickId} was acknowledged and is no click id.`);
  return uuidFromId(id);
}

function campaignUuid(campaignId: string): string {
  const id = parseId('cmp', campaignId);
  if (id === null) throw new Error(`${campaignId} is no campaign id.`);
  return uuidFromId(id);
}
