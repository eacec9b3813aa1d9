import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { type DealId, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';

export async function insertPartner(
  db: Db,
  given: { readonly workspaceId: WorkspaceId; readonly name?: string; readonly code?: string },
): Promise<PartnerId> {
  const nowMs = Date.now();
  const partnerId = mintId('ptn', nowMs);
  await db('partners').insert({
    partner_id: uuidFromId(partnerId),
    workspace_id: uuidFromId(given.workspaceId),
    name: given.name ?? 'A partner',
    code: given.code ?? partnerId,
    created_at: new Date(nowMs),
  });
  return partnerId;
}

/** A CPA deal; by default version 1, 50.00 EUR, without a minimum deposit, valid since 2000. */
export async function insertDeal(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly partnerId: PartnerId;
    readonly version?: number;
    readonly cpaMinor?: bigint;
    readonly currency?: string;
    readonly minDepositMinor?: bigint;
    readonly validFromMs?: number;
  },
): Promise<DealId> {
  const nowMs = Date.now();
  const dealId = mintId('dea', nowMs);
  const currency = given.currency ?? 'EUR';
  await db('deals').insert({
    deal_id: uuidFromId(dealId),
    workspace_id: uuidFromId(given.workspaceId),
    partner_id: uuidFromId(given.partnerId),
    version: given.version ?? 1,
    kind: 'cpa',
    cpa_minor: (given.cpaMinor ?? 5_000n).toString(),
    cpa_currency: currency,
    min_deposit_minor: given.minDepositMinor?.toString() ?? null,
    min_deposit_currency: given.minDepositMinor === undefined ? null : currency,
    valid_from: new Date(given.validFromMs ?? Date.UTC(2000, 0, 1)),
    created_at: new Date(nowMs),
  });
  return dealId;
}
