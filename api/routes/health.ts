import { Router } from 'express';
import { pendingMigrations } from '../../db/migrate';
import { defaultPartitionHoldsRows } from '../../db/partitions';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import type { Readiness } from '../schemas/health';

/** A probe that waits longer than this tells its caller nothing in time. */
const CHECK_WITHIN_MS = 1_000;

/** Liveness (the process answers) and readiness (it can do its work). Public, and free of anything secret. */
export function healthRoutes(deps: ApiDeps): Router {
  const router = Router();
  let checking: Promise<Readiness> | null = null;
  // Anybody may ask, so whoever asks meanwhile hears the same: a flood of probes takes one connection.
  const readinessNow = (): Promise<Readiness> => {
    checking ??= checkReadiness(deps).finally(() => {
      checking = null;
    });
    return checking;
  };

  router.get('/healthz', (_req, res) => {
    res.set('cache-control', 'no-store').json({ status: 'ok' });
  });

  router.get('/readyz', async (_req, res) => {
    const readiness = await readinessNow();
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
    return await withDeadline(readSchemaState(deps), CHECK_WITHIN_MS);
  } catch (error) {
    deps.logger.warn({ err: error }, 'not ready: Postgres cannot be asked');
    return { postgres: 'failed', migrations: 'failed', warnings: [] };
  }
}

async function readSchemaState(deps: ApiDeps): Promise<DatabaseCheck> {
  await deps.db.raw('SELECT 1');
  const pending = await pendingMigrationsOrAll(deps);
  if (pending > 0) return { postgres: 'ok', migrations: 'failed', warnings: [] };
  const astray = await defaultPartitionHoldsRows(deps.db);
  const warning = 'the default partition of clicks holds rows: a month has no partition of its own';
  return { postgres: 'ok', migrations: 'ok', warnings: astray ? [warning] : [] };
}

/** A database that was never migrated has no table that could list its migrations. */
async function pendingMigrationsOrAll(deps: ApiDeps): Promise<number> {
  const { rows } = await deps.db.raw<{ rows: { known: boolean }[] }>(
    `SELECT to_regclass('knex_migrations') IS NOT NULL AS known`,
  );
  return rows[0]?.known ? (await pendingMigrations(deps.db)).length : Number.POSITIVE_INFINITY;
}
