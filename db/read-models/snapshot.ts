import type { Db } from '../knex';

/** Runs several reads on one state of the database, so that their answers agree with each other. */
export async function readSnapshot<T>(db: Db, work: (snapshot: Db) => Promise<T>): Promise<T> {
  return db.transaction(work, { isolationLevel: 'repeatable read', readOnly: true });
}
