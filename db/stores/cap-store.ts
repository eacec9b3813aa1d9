import { CAP_PERIODS, type CapPeriod, type Deal } from '../../domain/commission/deal';
import { type DealId, idFromUuid, type PlayerId, uuidFromId } from '../../domain/ids';
import type { SlotDecision, SlotRequest } from '../../domain/settlement/caps';
import type { Db } from '../knex';

/** What was decided for the player under capped deals so far. */
export async function loadSlots(db: Db, playerId: PlayerId): Promise<Map<DealId, SlotDecision>> {
  const rows: { deal_id: string; refused_by: CapPeriod | null }[] = await db('cap_slots')
    .select('deal_id', 'refused_by')
    .where('player_id', uuidFromId(playerId));
  return new Map(
    rows.map((row) => [
      idFromUuid('dea', row.deal_id),
      row.refused_by === null ? { isGranted: true } : { isGranted: false, cap: row.refused_by },
    ]),
  );
}

/**
 * Decides the slots that the player asks for, once and for good, under the locks of the deals' counters; deals in
 * the order of their ids, so that two settlements cannot wait for each other in a circle. A slot that every cap has
 * room for is granted and spent in each of them; else the first full one of day, month and total refuses it, and
 * nothing is spent. The caller holds the player's lock.
 */
export async function grantSlots(
  trx: Db,
  playerId: PlayerId,
  requests: readonly SlotRequest[],
  nowMs: number,
): Promise<void> {
  const ordered = [...requests].sort((a, b) => (a.deal.dealId < b.deal.dealId ? -1 : 1));
  for (const { deal, atMs } of ordered) {
    const refusedBy = await spend(trx, deal, atMs);
    await trx('cap_slots').insert({
      deal_id: uuidFromId(deal.dealId),
      player_id: uuidFromId(playerId),
      refused_by: refusedBy,
      asked_for_at: new Date(atMs),
      decided_at: new Date(nowMs),
    });
  }
}

/** Null when a slot was spent, else the cap that is full. */
async function spend(trx: Db, deal: Deal, atMs: number): Promise<CapPeriod | null> {
  const dealId = uuidFromId(deal.dealId);
  const keys = CAP_PERIODS.map((period) => periodKey(period, atMs));
  await trx.raw(
    `INSERT INTO cap_counters (deal_id, period_key) SELECT ?, key FROM unnest(?::text[]) AS key ORDER BY key
     ON CONFLICT (deal_id, period_key) DO NOTHING`,
    [dealId, keys],
  );
  const { rows } = await trx.raw<{ rows: { period_key: string; granted: number }[] }>(
    'SELECT period_key, granted FROM cap_counters WHERE deal_id = ? AND period_key = ANY(?) ORDER BY period_key FOR UPDATE',
    [dealId, keys],
  );
  const granted = new Map(rows.map((row) => [row.period_key, row.granted]));
  const full = CAP_PERIODS.find((period) => {
    const cap = deal.caps[period];
    return cap !== null && (granted.get(periodKey(period, atMs)) ?? 0) >= cap;
  });
  if (full !== undefined) return full;
  await trx.raw('UPDATE cap_counters SET granted = granted + 1 WHERE deal_id = ? AND period_key = ANY(?)', [
    dealId,
    keys,
  ]);
  return null;
}

/** By UTC, whatever a calendar elsewhere says. */
function periodKey(period: CapPeriod, atMs: number): string {
  const text = new Date(atMs).toISOString();
  switch (period) {
    case 'day':
      return text.slice(0, 10);
    case 'month':
      return text.slice(0, 7);
    case 'total':
      return 'total';
  }
}
