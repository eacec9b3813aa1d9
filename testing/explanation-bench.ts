import request, { type Test } from 'supertest';
import { explanationSchema } from '../api/schemas/explanation';
import type { ConversionExplanation } from '../db/read-models/explain-conversion';
import { idFromUuid } from '../domain/ids';
import { insertApiKey } from './builders/insert-api-key';
import type { ReadsFixture } from './reads-fixture';
import { openSettlementBench, type SettlementBench } from './settlement-bench';

/** A settlement bench whose conversions are explained over HTTP. */
export type ExplanationBench = {
  readonly bench: SettlementBench;
  get(path: string): Test;
  pay(reference: string): Promise<{ payoutId: string }>;
  /** The path of the explanation of a transaction; a deposit unless another kind is given. */
  pathOf(transaction: string, kind?: string): Promise<string>;
  /** Both forms of it; the JSON is as the API describes it. */
  explain(transaction: string, kind?: string): Promise<{ json: ConversionExplanation; text: string }>;
  /** A player who was bound a minute after the start and has deposited 100.00 EUR two minutes later. */
  convert(given?: { player?: string; key?: string }): Promise<void>;
};

export async function openExplanationBench(
  reads: ReadsFixture,
  given: Parameters<typeof openSettlementBench>[1] = {},
): Promise<ExplanationBench> {
  const bench = await openSettlementBench(reads.db, given);
  const authorization = `Bearer ${await insertApiKey(reads.db, bench.tenant)}`;
  const get = (path: string) => request(reads.app).get(path).set({ authorization });
  const pathOf = async (transaction: string, kind?: string) => {
    const row = await bench.conversion(transaction, kind);
    return `/v1/conversions/${idFromUuid('cnv', String(row?.conversion_id))}/explain`;
  };
  return {
    ...{ bench, get, pathOf },
    pay: async (reference) => {
      const { body } = await request(reads.app)
        .post(`/v1/partners/${bench.partnerId}/payouts`)
        .set({ authorization })
        .send({ currency: 'EUR', reference });
      return body;
    },
    explain: async (transaction, kind) => {
      const path = await pathOf(transaction, kind);
      const { body } = await get(path).expect(200);
      expect(explanationSchema.parse(body)).toEqual(body);
      const { text } = await get(path).set('accept', 'text/plain');
      return { json: body, text };
    },
    convert: async ({ player = 'P1', key = 'D1' } = {}) => {
      const clickId = await bench.click();
      await bench.settle(
        (await bench.registration({ player, key: `R-${key}`, click: clickId, atMin: 1 })).id,
      );
      await bench.settle((await bench.deposit({ player, key, atMin: 3 })).id);
    },
  };
}
