import request, { type Test } from 'supertest';
import { insertApiKey } from './builders/insert-api-key';
import type { ReadsFixture } from './reads-fixture';
import { openSettlementBench, type SettlementBench } from './settlement-bench';

/** The API as one workspace's admin sees it. */
export type AdminClient = {
  get(path: string): Test;
  post(path: string, body: object): Test;
  patch(path: string, body: object): Test;
  put(path: string, body: object): Test;
};

/** A settlement bench of its own behind the real app: what is settled by hand is read as a client reads it. */
export type ValueBench = { readonly bench: SettlementBench; readonly admin: AdminClient };

export async function openValueBench(
  reads: ReadsFixture,
  given: Parameters<typeof openSettlementBench>[1] = {},
): Promise<ValueBench> {
  const bench = await openSettlementBench(reads.db, given);
  return { bench, admin: adminOf(reads, await insertApiKey(reads.db, bench.tenant)) };
}

export function adminOf(reads: ReadsFixture, key: string): AdminClient {
  const authorized = (test: Test) => test.set('authorization', `Bearer ${key}`);
  return {
    get: (path) => authorized(request(reads.app).get(path)),
    post: (path, body) => authorized(request(reads.app).post(path)).send(body),
    patch: (path, body) => authorized(request(reads.app).patch(path)).send(body),
    put: (path, body) => authorized(request(reads.app).put(path)).send(body),
  };
}
