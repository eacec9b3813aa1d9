import { rememberRefused } from '../../db/stores/signed-message-store';
import { AppError } from '../../domain/errors';
import { withDeadline } from '../deadline';
import type { ApiDeps } from '../deps';
import type { Sender } from './sender';

/**
 * Does what a request asks for. Its signed message is remembered with what it has done; when it is refused, it is
 * remembered all the same, because whoever has heard it could have more success on another path.
 */
export async function rememberingMessage<T>(
  deps: ApiDeps,
  { message, origin, budgetMs }: Pick<Sender, 'message' | 'origin' | 'budgetMs'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (message !== null && !isAway(error)) {
      await withDeadline(
        rememberRefused(deps.intakeDb, { sourceId: origin.sourceId, message }, deps.clock.nowMs()),
        budgetMs,
      );
    }
    throw error;
  }
}

function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable';
}
