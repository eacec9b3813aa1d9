import type { Logger } from 'pino';
import type { Db } from '../db/knex';
import { noteFailure, noteSuccess } from '../db/stores/housekeeping-store';
import type { HousekeepingPart } from '../domain/housekeeping/parts';
import { type Clock, SECOND_MS } from '../domain/time';
import { failureReason } from './failure-reason';

/** What goes on as before is noted this often; a part that begins to fail, or recovers, at once. */
const NOTE_EVERY_MS = 30 * SECOND_MS;

type WatchDeps = { readonly db: Db; readonly clock: Clock; readonly logger: Logger };

/**
 * Notes in Postgres how the parts of the housekeeping fare, where /readyz and the metrics of every API process find it.
 * Notes only tell: one that cannot be written stops nothing.
 */
export class PartWatch {
  private readonly noted = new Map<HousekeepingPart, { readonly isWell: boolean; readonly atMs: number }>();

  constructor(private readonly deps: WatchDeps) {}

  /** Does a part's turn and notes how it went; null when it failed. */
  async turn<Result>(part: HousekeepingPart, work: () => Promise<Result>): Promise<Result | null> {
    try {
      const result = await work();
      await this.succeeded(part);
      return result;
    } catch (error) {
      this.deps.logger.warn({ err: error, part }, 'a part of the housekeeping failed; it is tried again');
      await this.failed(part, error);
      return null;
    }
  }

  async succeeded(part: HousekeepingPart): Promise<void> {
    await this.note(part, true, (nowMs) => noteSuccess(this.deps.db, part, nowMs));
  }

  async failed(part: HousekeepingPart, error: unknown): Promise<void> {
    const failure = { code: codeOf(error), reason: failureReason(error) };
    await this.note(part, false, (nowMs) => noteFailure(this.deps.db, part, failure, nowMs));
  }

  private async note(
    part: HousekeepingPart,
    isWell: boolean,
    write: (nowMs: number) => Promise<void>,
  ): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    const last = this.noted.get(part);
    if (last?.isWell === isWell && Math.abs(nowMs - last.atMs) < NOTE_EVERY_MS) return;
    try {
      await write(nowMs);
      this.noted.set(part, { isWell, atMs: nowMs });
    } catch (error) {
      this.deps.logger.debug({ err: error, part }, 'how a part of the housekeeping fares could not be noted');
    }
  }
}

/** A SQLSTATE, Temporal's number or another short word for what went wrong, of the first of several. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null) return 'unknown';
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  if (typeof code === 'number') return `grpc_${code}`;
  return typeof name === 'string' && name !== '' ? name : 'unknown';
}
