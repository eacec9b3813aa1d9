import { Router } from 'express';
import { defaultPartitionHoldsRows } from '../../db/partitions';
import { readSchemaState } from '../../db/schema-state';
import { readPartNotes } from '../../db/stores/housekeeping-store';
import { type PartState, partStates } from '../../domain/housekeeping/parts';
import { toIso } from '../../domain/time';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import type { Readiness } from '../schemas/health';

/** A probe that waits longer than this tells its caller nothing in time. */
const CHECK_WITHIN_MS = 1_000;

/** Liveness (the process answers) and readiness (it can do its work). Public, and free of anything secret. */
export function healthRoutes(deps: ApiDeps): Router {
  const router = Router();
  const watchedSinceMs = deps.clock.nowMs();
  let checking: Promise<Readiness> | null = null;
  // Anybody may ask, so whoever asks meanwhile hears the same: a flood of probes takes one connection.
  const readinessNow = (): Promise<Readiness> => {
    checking ??= checkReadiness(deps, watchedSinceMs).finally(() => {
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
async function checkReadiness(deps: ApiDeps, watchedSinceMs: number): Promise<Readiness> {
  const [database, temporal] = await Promise.all([
    checkDatabase(deps, watchedSinceMs),
    deps.temporalReachable(),
  ]);
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

async function checkDatabase(deps: ApiDeps, watchedSinceMs: number): Promise<DatabaseCheck> {
  try {
    return await withDeadline(readSchema(deps, watchedSinceMs), CHECK_WITHIN_MS);
  } catch (error) {
    deps.logger.warn({ err: error }, 'not ready: Postgres cannot be asked');
    return { postgres: 'failed', migrations: 'failed', warnings: [] };
  }
}

async function readSchema(deps: ApiDeps, watchedSinceMs: number): Promise<DatabaseCheck> {
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
  const states = partStates(await readPartNotes(deps.db), { nowMs: deps.clock.nowMs(), watchedSinceMs });
  warnings.push(...states.filter(({ isLate }) => isLate).map(lateness));
  return { postgres: 'ok', migrations: 'ok', warnings };
}

/** The answer is public, so of a failure it has the code and not the words. */
function lateness({ part, sinceMs, failingWith }: PartState): string {
  const why = failingWith === null ? 'nobody runs it' : `it fails with ${failingWith}`;
  return `housekeeping: ${part} has not succeeded since ${toIso(sinceMs)}; ${why}`;
}
