import type { RequestListener } from 'node:http';
import { pino } from 'pino';
import { createApp } from '../api/app';
import type { AppDeps } from '../api/deps';
import { startCampaignCatalog } from '../api/hot/campaign-catalog';
import { createRateLimits } from '../api/limits/rate-limits';
import { createApiMetrics } from '../api/metrics';
import { parseConfig } from '../config/config';
import { createWorkspace } from '../db/seed-instance';
import type { WorkspaceId } from '../domain/ids';
import { createTestDb, type TestDb } from './test-db';

/** A workspace with its admin key, in a database of its own, behind the real app; the clock stands still. */
export type IngestFixture = {
  readonly testDb: TestDb;
  readonly deps: AppDeps;
  readonly app: RequestListener;
  readonly workspaceId: WorkspaceId;
  readonly adminKey: string;
  readonly clock: { nowMs(): number; set(ms: number): void };
  stop(): Promise<void>;
};

export async function startIngest(
  options: { readonly poolMax?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<IngestFixture> {
  const testDb = await createTestDb({ poolMax: options.poolMax ?? 10 });
  const { db } = testDb;
  let nowMs = Date.now();
  const clock = {
    nowMs: () => nowMs,
    set: (ms: number) => {
      nowMs = ms;
    },
  };
  const { workspaceId, adminKey } = await createWorkspace(db, { name: 'acme', nowMs });
  const logger = pino({ level: 'silent' });
  const catalog = await startCampaignCatalog({ db, databaseUrl: testDb.url, logger });
  const config = parseConfig({ ...options.env });
  const deps: AppDeps = {
    db,
    config,
    clock,
    logger,
    metrics: createApiMetrics(),
    catalog,
    temporalReachable: async () => true,
    limits: createRateLimits(config, logger),
    isLate: () => false,
    databaseAnswers: async () => true,
  };
  return {
    testDb,
    deps,
    app: createApp(deps),
    workspaceId,
    adminKey,
    clock,
    stop: async () => {
      await catalog.stop();
      await testDb.drop();
    },
  };
}
