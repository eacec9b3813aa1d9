import { startTcpProxy, throughProxy } from '../testing/tcp-proxy';
import { createTestDb, type TestDb } from '../testing/test-db';
import { createDb } from './knex';
import { classifyDbError } from './pg-errors';
import { databaseAnswers } from './server-pulse';

let testDb: TestDb;
beforeAll(async () => {
  testDb = await createTestDb();
});
afterAll(() => testDb.drop());

async function startProxy() {
  const { hostname, port } = new URL(testDb.url);
  return startTcpProxy({ host: hostname, port: Number(port) });
}

describe('a pool', () => {
  it('sets every time limit on each of its connections', async () => {
    const db = createDb(testDb.url, { applicationName: 'limits', poolMax: 1, statementTimeoutMs: 10_000 });
    const { rows } = await db.raw<{ rows: { name: string; setting: string }[] }>(
      `SELECT name, setting FROM pg_settings
       WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      statement_timeout: '10000',
      lock_timeout: '5000',
      idle_in_transaction_session_timeout: '60000',
    });
    await db.destroy();
  });

  it('gives up on a lock before its statement, as one who may try again', async () => {
    const db = createDb(testDb.url, { applicationName: 'waits', poolMax: 1, statementTimeoutMs: 400 });
    const holder = await testDb.db.transaction();
    await holder.raw('LOCK TABLE offers IN ACCESS EXCLUSIVE MODE');
    const refusal: unknown = await db('offers')
      .first()
      .catch((error: unknown) => error);
    await holder.rollback();
    expect(refusal).toMatchObject({ code: '55P03' });
    expect(classifyDbError(refusal)).toBe('again');
    await db.destroy();
  });

  it('cuts a connection that stays silent, and makes another one', async () => {
    const proxy = await startProxy();
    const url = throughProxy(testDb.url, proxy);
    const db = createDb(url, { applicationName: 'silent', poolMax: 1, statementTimeoutMs: 100 });
    await db.raw('SELECT 1');
    proxy.setMode('black-hole');
    await expect(db.raw('SELECT 2')).rejects.toThrow('Query read timeout');
    proxy.setMode('pass');
    // Its answer was swallowed for good: on the old connection this would wait for it.
    const { rows } = await db.raw<{ rows: { n: number }[] }>('SELECT 3 AS n');
    expect(rows).toEqual([{ n: 3 }]);
    await db.destroy();
    await proxy.stop();
  });
});

describe('databaseAnswers', () => {
  it('tells a server that is there from one that is silent, away, or does not let us in', async () => {
    const proxy = await startProxy();
    const url = throughProxy(testDb.url, proxy);
    expect(await databaseAnswers(url)).toBe(true);
    proxy.setMode('black-hole');
    expect(await databaseAnswers(url)).toBe(false);
    proxy.setMode('reset');
    expect(await databaseAnswers(url)).toBe(false);
    await proxy.stop();
    expect(await databaseAnswers(url)).toBe(false);
    const unknown = new URL(testDb.url);
    unknown.pathname = '/no_such_database';
    expect(await databaseAnswers(unknown.href)).toBe(true);
  });
});
