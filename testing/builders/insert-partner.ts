import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { insertDeal as storeDeal } from '../../db/stores/deal-store';
import { type Caps, type DealTerms, NO_CAPS } from '../../domain/commission/deal';
import { type Currency, parseCurrency } from '../../domain/currencies';
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

/** Version 1 of a deal unless another is given; by default a CPA of 50.00 EUR, without a minimum, a hold or caps, valid since 2000. */
export async function insertDeal(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly partnerId: PartnerId;
    readonly version?: number;
    /** A CPA of `cpaMinor` unless they are given. */
    readonly terms?: DealTerms;
    readonly cpaMinor?: bigint;
    readonly currency?: string;
    readonly minDepositMinor?: bigint;
    readonly minDepositCurrency?: string;
    readonly qualificationDays?: number;
    readonly holdDays?: number;
    readonly caps?: Partial<Caps>;
    readonly validFromMs?: number;
  },
): Promise<DealId> {
  const nowMs = Date.now();
  const dealId = mintId('dea', nowMs);
  const currency = currencyOf(given.currency ?? 'EUR');
  await storeDeal(db, given.workspaceId, {
    dealId,
    partnerId: given.partnerId,
    version: given.version ?? 1,
    terms: given.terms ?? { kind: 'cpa', cpa: { amountMinor: given.cpaMinor ?? 5_000n, currency } },
    minDeposit:
      given.minDepositMinor === undefined
        ? null
        : {
            amountMinor: given.minDepositMinor,
            currency:
              given.minDepositCurrency === undefined ? currency : currencyOf(given.minDepositCurrency),
          },
    qualificationDays: given.qualificationDays ?? null,
    holdDays: given.holdDays ?? 0,
    caps: { ...NO_CAPS, ...given.caps },
    validFromMs: given.validFromMs ?? Date.UTC(2000, 0, 1),
    createdAtMs: nowMs,
  });
  return dealId;
}

function currencyOf(code: string): Currency {
  const currency = parseCurrency(code);
  if (currency === null) throw new Error(`no currency: ${code}`);
  return currency;
}
