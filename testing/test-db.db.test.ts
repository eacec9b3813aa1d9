import { Client } from 'pg';
import { createTestDb } from './test-db';

describe('createTestDb', () => {
  it('gives each caller a migrated database of its own', async () => {
    const [one, two] = await Promise.all([createTestDb(), createTestDb()]);
    try {
      await one.db.raw('CREATE TABLE only_here (id int)');
      const tables = async (db: typeof one.db) =>
        (await db('pg_tables').where({ schemaname: 'public' }).pluck('tablename')) as string[];
      expect(await tables(one.db)).toContain('only_here');
      expect(await tables(two.db)).not.toContain('only_here');
      expect(await tables(two.db)).toContain('workspaces');
    } finally {
      await Promise.all([one.drop(), two.drop()]);
    }
  });

  it('fails the test that leaves a connection open, and still removes the database', async () => {
    const leaky = await createTestDb();
    const client = new Client({ connectionString: leaky.url, application_name: 'forgotten' });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT 42');
    await expect(leaky.drop()).rejects.toThrow(/left open: forgotten: SELECT 42/);
    await client.end();
  });
});
