import request, { type Test } from 'supertest';
import type { PartnerId } from '../domain/ids';
import { insertApiKey } from './builders/insert-api-key';
import { readTrialBalance } from './player-books';
import type { ReadsFixture } from './reads-fixture';
import { openSettlementBench, type SettlementBench } from './settlement-bench';

/** A settlement bench whose partners are paid over HTTP, by a key that may pay and read and nothing else. */
export type PayoutBench = {
  readonly bench: SettlementBench;
  get(path: string): Test;
  /** Pays the bench's partner in EUR under the reference `wire-1`, unless told otherwise. */
  pay(body: object, partnerId?: PartnerId, headers?: Record<string, string>): Test;
  balance(
    partnerId?: PartnerId,
  ): Promise<{ currency: string; held: string; payable: string; paid: string }[]>;
  statusOf(transaction: string): Promise<unknown>;
  /** A player `P` who clicked, registered after a minute and deposited as `D-P`, 100.00 EUR unless given. */
  convert(player: string, atMin?: number): Promise<void>;
  chargeBack(player: string, amountMinor?: bigint): Promise<void>;
  /** Throws when the workspace's ledger does not sum to zero. */
  assertBalanced(): Promise<void>;
};

export async function openPayoutBench(
  reads: ReadsFixture,
  given: Parameters<typeof openSettlementBench>[1] = {},
): Promise<PayoutBench> {
  const bench = await openSettlementBench(reads.db, given);
  const key = await insertApiKey(reads.db, { ...bench.tenant, scopes: ['payouts:write', 'read'] });
  const authorization = `Bearer ${key}`;
  const get = (path: string) => request(reads.app).get(path).set({ authorization });
  return {
    ...{ bench, get },
    pay: (body, partnerId = bench.partnerId, headers = {}) =>
      request(reads.app)
        .post(`/v1/partners/${partnerId}/payouts`)
        .set({ authorization, ...headers })
        .send({ currency: 'EUR', reference: 'wire-1', ...body }),
    balance: async (partnerId = bench.partnerId) =>
      (await get(`/v1/partners/${partnerId}/balance`)).body.currencies,
    statusOf: async (transaction) => (await bench.conversion(transaction))?.status,
    convert: async (player, atMin = 2) => {
      const click = await bench.click();
      await bench.settle((await bench.registration({ player, key: `R-${player}`, click, atMin: 1 })).id);
      await bench.settle((await bench.deposit({ player, key: `D-${player}`, atMin })).id);
    },
    chargeBack: async (player, amountMinor = 10_000n) => {
      const chargeback = { player, key: `C-${player}`, refersTo: `D-${player}`, atMin: 5, amountMinor };
      await bench.settle((await bench.chargeback(chargeback)).id);
    },
    assertBalanced: async () => {
      const { totals } = await readTrialBalance(reads.db, bench.tenant.workspaceId);
      const wrong = Object.entries(totals).filter(([, total]) => total !== '0');
      if (wrong.length > 0) throw new Error(`the ledger is out of balance: ${wrong.join('; ')}`);
    },
  };
}
