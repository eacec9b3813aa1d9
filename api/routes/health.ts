import { Router } from 'express';
import { defaultPartitionHoldsRows } from '../../db/partitions';
import { readSchemaState } from '../../db/schema-state';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import type { Readiness } from '../schemas/health';

/** A probe that waits longer than this tells its caller nothing in time. */
const CHECK_WITHIN_MS = 1_000;

/** Liveness (the process answers) and readiness (it can do its work). Public, and free of anything secret. */
export function healthRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.get('/healthz', (_req, res) => {
    res.set('cache-control', 'no-store').json({ status: 'ok' });
  });

  router.get('/readyz', async (_req, res) => {
    const readiness = await checkReadiness(deps);
    res.set('cache-control', 'no-store');
    if (readiness.status !== 'ready') res.status(503).set('retry-after', '2');
    res.json(readiness);
  });

  return router;
}

/** Postgres and its schema are required; Temporal is reported. */
async function checkReadiness(deps: ApiDeps): Promise<Readiness> {
  const [database, temporal] = await Promise.all([checkDatabase(deps), deps.temporalReachable()]);
  const ready = database.postgres === 'ok' && database.migrations === 'ok';
  return {
    status: ready ? 'ready' : 'not_ready',
    checks: {
      postgres: database.postgres,
      migrations: database.migrations,
      temporal: temporal ? 'ok' : 'failed',
    },
    warnings: database.warnings,
  };
}

type DatabaseCheck = Pick<Readiness['checks'], 'postgres' | 'migrations'> & { warnings: string[] };

async function checkDatabase(deps: ApiDeps): Promise<DatabaseCheck> {
  try {
    return await withDeadline(readSchema(deps), CHECK_WITHIN_MS);
  } catch (error) {
    deps.logger.warn({ err: error }, 'not ready: Postgres cannot be asked');
    return { postgres: 'failed', migrations: 'failed', warnings: [] };
  }
}

async function readSchema(deps: ApiDeps): Promise<DatabaseCheck> {
  await deps.db.raw('SELECT 1');
  const { needed, background, refusal } = await readSchemaState(deps.db);
  if (refusal !== null) return { postgres: 'ok', migrations: 'failed', warnings: [refusal] };
  if (needed.length > 0) {
    return {
      postgres: 'ok',
      migrations: 'failed',
      warnings: [`migrations are missing: ${needed.join(', ')}`],
    };
  }
  const warnings = background.map((name) => `${name} is still to be applied, in the background`);
  if (await defaultPartitionHoldsRows(deps.db)) {
    warnings.push('the default partition of clicks holds rows: a month has no partition of its own');
  }
  return { postgres: 'ok', migrations: 'ok', warnings };
}
