import type { Db } from '../db/knex';
import type { AttributionModel } from '../domain/attribution/models';
import { type ClickId, type PartnerId, uuidFromId, type VisitorId } from '../domain/ids';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/time';
import { readCredits, readLosing } from './attribution-rows';
import { openSettlementBench, type SettlementBench } from './settlement-bench';

/** A settlement bench with one visitor, whose clicks are the touches of player P1. */
export type VisitorBench = SettlementBench & {
  readonly visitorId: VisitorId;
  /** A click of the visitor, for the bench's partner unless another, or nobody, is given. */
  clickAt(
    atMin: number,
    partnerId?: PartnerId | null,
    given?: Parameters<SettlementBench['click']>[0],
  ): Promise<ClickId>;
  /** P1 registers by the click and deposits as D1 an hour later. */
  convert(click: ClickId, atMin: number, amountMinor?: bigint): Promise<void>;
  credits(transaction: string, kind?: string): ReturnType<typeof readCredits>;
  /** The credited touches as UUIDs, oldest first. */
  credited(transaction: string, kind?: string): Promise<string[]>;
  amounts(transaction: string): Promise<number[]>;
  /** The losing touches, by UUID, with the reason. */
  losing(transaction: string, kind?: string): Promise<Record<string, string>>;
};

/** A hundred days ago; with a fraction of a second, so that the rule of whole seconds stays out. */
export const LONG_AGO_MS = Math.floor(Date.now() / 1_000) * 1_000 - 100 * DAY_MS + 123;

export async function openVisitorBench(
  db: Db,
  model: AttributionModel,
  given: NonNullable<Parameters<typeof openSettlementBench>[1]> = {},
): Promise<VisitorBench> {
  const campaign = { model, ...given.campaign };
  const bench = await openSettlementBench(db, { startMs: LONG_AGO_MS, ...given, campaign });
  const visitorId = bench.visitor();
  const asked = (transaction: string, kind = 'deposit') => ({
    workspaceId: bench.tenant.workspaceId,
    transaction,
    kind,
  });
  const credits: VisitorBench['credits'] = (...of) => readCredits(db, asked(...of));
  return {
    ...bench,
    visitorId,
    credits,
    clickAt: (atMin, partnerId = bench.partnerId, other = {}) =>
      bench.click({ visitorId, atMin, partnerId, ...other }),
    convert: async (click, atMin, amountMinor = 100n) => {
      await bench.registration({ key: 'R1', click, atMin });
      await bench.deposit({ key: 'D1', atMin: atMin + HOUR_MS / MINUTE_MS, amountMinor });
      await bench.settleAll();
    },
    credited: async (...of) => (await credits(...of)).map(({ touch_id }) => touch_id),
    amounts: async (...of) => (await credits(...of)).map(({ amount_minor }) => Number(amount_minor)),
    losing: (...of) => readLosing(db, asked(...of)),
  };
}

export function uuids(...ids: readonly ClickId[]): string[] {
  return ids.map(uuidFromId);
}
