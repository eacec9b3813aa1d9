import type { Db } from '../../db/knex';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { insertClick } from '../../testing/builders/insert-click';
import { insertDestination, insertPostback } from '../../testing/builders/insert-postback';
import { insertWorkspace } from '../../testing/builders/insert-workspace';
import { createTestDb, type TestDb } from '../../testing/test-db';
import { until } from '../../testing/until';
import { rebuildJourneysCommand } from './rebuild-journeys';

const MINUTE_AGO = Date.now() - 60_000;

let testDb: TestDb;
let db: Db;
const before = process.env.DATABASE_URL;

beforeEach(async () => {
  testDb = await createTestDb();
  db = testDb.db;
  process.env.DATABASE_URL = testDb.url;
});
afterEach(async () => {
  if (before === undefined) delete process.env.DATABASE_URL;
  else process.env.DATABASE_URL = before;
  await testDb.drop();
});

/** Three open clicks and a postback that is owed. */
async function fill(): Promise<void> {
  const tenant = await insertWorkspace(db);
  const campaignId = await insertCampaign(db, tenant);
  for (let index = 0; index < 3; index += 1) {
    await insertClick(db, { ...tenant, campaignId, clickedAtMs: MINUTE_AGO });
  }
  const destinationId = await insertDestination(db, tenant);
  await insertPostback(db, { ...tenant, destinationId, createdAtMs: MINUTE_AGO });
}

/** Runs the command as a person would, and gives what was said. */
async function run(...given: string[]): Promise<string> {
  const said: string[] = [];
  const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  try {
    const command = rebuildJourneysCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    await command.parseAsync(given, { from: 'user' });
  } finally {
    stdout.mockRestore();
  }
  return said.join('');
}

const queued = async (): Promise<number> => Number((await db('outbox').count())[0]?.count);

test('a dry run says what is open and changes nothing', async () => {
  await fill();
  const said = await run('--dry-run');
  expect(said).toMatch(/^ +0 events to settle$/m);
  expect(said).toMatch(/^ +1 postbacks to deliver$/m);
  expect(said).toMatch(/^ +3 open journeys$/m);
  expect(await queued()).toBe(0);
});

test('queues everything, and what is queued already once', async () => {
  await fill();
  expect(await run('--no-wait')).toMatch(/^ +3 open journeys$/m);
  expect(await queued()).toBe(4);
  expect(await run('--no-wait')).toMatch(/^ +3 open journeys, 3 of them queued before$/m);
  expect(await queued()).toBe(4);
});

test('waits until relays have started what was queued', async () => {
  await fill();
  const running = run();
  await until('everything to be queued', async () => (await queued()) === 4);
  await db('outbox').delete();
  const said = await running;
  expect(said).toMatch(/Relays start them \(\d rows\)/);
  expect(said).toContain('Temporal knows everything again.');
});

test('refuses what is no click', async () => {
  await expect(run('--after', 'yesterday')).rejects.toThrow(/expected a click id/);
});
