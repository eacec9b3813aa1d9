import type { Db } from '../knex';

/**
 * Whether Postgres, which does all arithmetic of zones, knows an IANA time zone by this exact name. It also accepts
 * what is none, such as `FOO+3`, and would silently compute with that; hence the list.
 */
export async function isKnownTimeZone(db: Db, name: string): Promise<boolean> {
  if (name === 'UTC') return true;
  const { rows } = await db.raw<{ rows: object[] }>('SELECT FROM pg_timezone_names WHERE name = ? LIMIT 1', [
    name,
  ]);
  return rows.length > 0;
}
