import type { Db } from '../../db/knex';
import { isKnownTimeZone } from '../../db/read-models/known-time-zone';
import { fieldProblem } from '../middleware/validate';

/** Refuses a time zone that Postgres does not know. */
export async function requireTimeZone(db: Db, path: string, name: string): Promise<void> {
  if (!(await isKnownTimeZone(db, name))) throw fieldProblem(path, 'is no IANA time zone that is known here');
}
