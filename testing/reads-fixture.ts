import type { RequestListener } from 'node:http';
import { pino } from 'pino';
import request, { type Test } from 'supertest';
import { createApp } from '../api/app';
import { createRateLimits } from '../api/limits/rate-limits';
import { createApiMetrics } from '../api/metrics';
import { parseConfig } from '../config/config';
import type { Db } from '../db/knex';
import { insertApiKey } from './builders/insert-api-key';
import { insertWorkspace, type WorkspaceFixture } from './builders/insert-workspace';
import { createTestDb } from './test-db';

export type Tenant = WorkspaceFixture & {
  /** Asks as the tenant's admin. */
  get(path: string): Test;
  post(path: string): Test;
};

/** Two tenants of one instance behind the real app; the clock stands still until it is set. */
export type ReadsFixture = {
  readonly db: Db;
  readonly databaseUrl: string;
  readonly app: RequestListener;
  readonly tenant: Tenant;
  readonly stranger: Tenant;
  readonly clock: { nowMs(): number; set(ms: number): void };
  /** How many statements the work sent to Postgres. */
  countStatements(work: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
};

export async function startReads(options: { readonly poolMax?: number } = {}): Promise<ReadsFixture> {
  const testDb = await createTestDb(options);
  const { db } = testDb;
  let nowMs = Date.now();
  const clock = {
    nowMs: () => nowMs,
    set: (ms: number) => {
      nowMs = ms;
    },
  };
  const config = parseConfig({});
  const logger = pino({ level: 'silent' });
  const app = createApp({
    db,
    config,
    clock,
    logger,
    metrics: createApiMetrics(),
    catalog: {
      isLoaded: () => true,
      findCampaign: () => null,
      findPartner: () => null,
      workspaceOfHost: () => null,
      refresh: async () => undefined,
      stop: async () => undefined,
    },
    temporalReachable: async () => true,
    limits: createRateLimits(config, logger),
    isLate: () => false,
    databaseAnswers: async () => true,
  });
  return {
    db,
    databaseUrl: testDb.url,
    app,
    tenant: await createTenant(db, app),
    stranger: await createTenant(db, app),
    clock,
    countStatements: async (work) => {
      let statements = 0;
      const count = (): void => {
        statements += 1;
      };
      db.on('query', count);
      await work();
      db.removeListener('query', count);
      return statements;
    },
    stop: () => testDb.drop(),
  };
}

async function createTenant(db: Db, app: RequestListener): Promise<Tenant> {
  const workspace = await insertWorkspace(db);
  const authorization = `Bearer ${await insertApiKey(db, workspace)}`;
  return {
    ...workspace,
    get: (path) => request(app).get(path).set({ authorization }),
    post: (path) => request(app).post(path).set({ authorization }),
  };
}
