import type { RequestHandler } from 'express';
import { AppError } from '../../domain/errors';
import type { ApiDeps } from '../deps';
import { localsOf } from '../middleware/locals';
import { sendProblem } from '../middleware/problem';

/** A request that takes longer asks whether the database is there at all; together with the answer, below two seconds. */
const ASK_AFTER_MS = 700;

/**
 * Answers 503 within two seconds when the database is frozen or cut off, and lets a request that is only slow go on: a
 * report may take seconds, and a time limit could not tell the two apart. Requests of one moment share one question.
 */
export function giveUpWithoutDatabase(deps: ApiDeps): RequestHandler {
  let asking: Promise<boolean> | null = null;
  const databaseAnswers = (): Promise<boolean> => {
    asking ??= deps.databaseAnswers().finally(() => {
      asking = null;
    });
    return asking;
  };
  return (_req, res, next) => {
    let timer: NodeJS.Timeout | undefined;
    const look = async (): Promise<void> => {
      const answers = await databaseAnswers();
      if (res.headersSent || res.destroyed) return;
      if (answers) {
        wait();
        return;
      }
      localsOf(res).gaveUp = true;
      // Not by next(): the route will call it, too, when its work fails at last, and Express would cut the connection.
      sendProblem(res, new AppError('unavailable', 'The database does not answer now; try again.'));
    };
    const wait = (): void => {
      timer = setTimeout(() => void look(), ASK_AFTER_MS);
    };
    wait();
    res.once('close', () => clearTimeout(timer));
    next();
  };
}
