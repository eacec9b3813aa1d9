import { createWorkspace } from '../db/seed-instance';
import { type ClickId, parseId, uuidFromId } from '../domain/ids';
import { freePort } from '../embedded/ports';
import { isAlive } from '../embedded/process-table';
import { type ApiUnderTest, startApi } from '../testing/api-process';
import { insertCampaign } from '../testing/builders/insert-campaign';
import { createTestDb, type TestDb } from '../testing/test-db';
import { until } from '../testing/until';

const STEP_MS = 120_000;

let testDb: TestDb;
let adminKey: string;
let api: ApiUnderTest;

beforeAll(async () => {
  testDb = await createTestDb();
  const workspace = await createWorkspace(testDb.db, { name: 'acme', nowMs: Date.now() });
  adminKey = workspace.adminKey;
  await insertCampaign(testDb.db, { workspaceId: workspace.workspaceId, slug: 'go' });
  api = await startApi(testDb.url, 2, { CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '50' });
}, STEP_MS);
afterAll(async () => {
  await api?.stop('SIGKILL');
  await testDb?.drop();
}, STEP_MS);

/** A connection of its own, so that any process may take it. */
const ask = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${api.url}${path}`, { redirect: 'manual', headers: { connection: 'close', ...headers } });

/** The id of one acknowledged click; null when the click was refused or its connection broke. */
async function click(): Promise<ClickId | null> {
  try {
    const answer = await ask('/c/go', { 'user-agent': 'Mozilla/5.0 Firefox/140.0' });
    await answer.body?.cancel();
    const target = answer.status === 302 ? answer.headers.get('location') : null;
    return target === null ? null : parseId('clk', new URL(target).searchParams.get('click_id') ?? '');
  } catch {
    return null;
  }
}

async function missing(clickIds: readonly ClickId[]): Promise<number> {
  const rows = await testDb.db('clicks').whereIn('click_id', clickIds.map(uuidFromId)).pluck('click_id');
  return clickIds.length - rows.length;
}

/** Recorded clicks by process, as the metrics tell them. */
function recordedBy(metrics: string): Map<string, number> {
  const lines = metrics.matchAll(/^clickchain_clicks_total\{outcome="recorded",process="(\d)"\} (\d+)$/gm);
  return new Map([...lines].map(([, slot = '', count]) => [slot, Number(count)]));
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

const pidOf = (name: string): number => api.serving().get(name) ?? 0;

describe('an API of two processes', () => {
  it(
    'serves from both, tells of both in one scrape, and counts a key over both',
    async () => {
      expect([...api.serving().keys()].sort()).toEqual(['api-1', 'api-2']);
      const clicks: (ClickId | null)[] = [];
      // Whoever is idle takes a connection, so many at once reach both.
      const text = await until('clicks at both processes', async () => {
        clicks.push(...(await Promise.all(Array.from({ length: 20 }, click))));
        const scraped = await (await ask('/metrics')).text();
        return recordedBy(scraped).size === 2 ? scraped : null;
      });
      expect(sum([...recordedBy(text).values()])).toBe(clicks.filter((id) => id !== null).length);
      // What Postgres knows is told once, not once per process.
      expect(text.match(/^clickchain_events_unhandled 0$/gm)).toHaveLength(1);

      const statuses: number[] = [];
      for (let asked = 0; asked < 52; asked += 1) {
        const answer = await ask('/v1/offers?limit=1', { authorization: `Bearer ${adminKey}` });
        await answer.body?.cancel();
        statuses.push(answer.status);
      }
      expect(statuses.filter((status) => status === 200)).toHaveLength(50);
      expect(statuses.slice(50)).toEqual([429, 429]);
    },
    STEP_MS,
  );

  it(
    'goes on without a process that is killed, starts it again, and loses no acknowledged click',
    async () => {
      const victim = pidOf('api-1');
      const acknowledged: ClickId[] = [];
      let isOver = false;
      const visitors = Array.from({ length: 4 }, async () => {
        while (!isOver) {
          const clickId = await click();
          if (clickId !== null) acknowledged.push(clickId);
        }
      });
      await until('clicks', async () => acknowledged.length > 20);
      process.kill(victim, 'SIGKILL');
      const atTheKill = acknowledged.length;
      await until('clicks without it', async () => acknowledged.length > atTheKill + 20);
      await until('another process in its place', async () => pidOf('api-1') !== victim);
      isOver = true;
      await Promise.all(visitors);
      expect(await missing(acknowledged)).toBe(0);
      expect(api.output()).toContain('an API process ended, starting it again');
    },
    STEP_MS,
  );

  it(
    'answers what it has begun when it is told to stop, ends with 0, and leaves no process',
    async () => {
      const pids = [...api.serving().values()];
      const under = Array.from({ length: 20 }, click);
      const answered = (await Promise.all(under)).filter((clickId) => clickId !== null);
      expect(await api.stop('SIGTERM')).toBe(0);
      expect(await missing(answered)).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
    },
    STEP_MS,
  );
});

describe('a supervisor', () => {
  it(
    'takes its processes with it when it is killed',
    async () => {
      const other = await startApi(testDb.url, 2);
      const pids = [...other.serving().values()];
      await other.stop('SIGKILL');
      expect(pids).toHaveLength(2);
      await until('the end of its processes', async () => pids.every((pid) => !isAlive(pid)));
    },
    STEP_MS,
  );

  it(
    'gives up when no process of it can serve',
    async () => {
      const port = await freePort();
      const holder = await startApi(testDb.url, 1, { CLICKCHAIN_PORT: String(port) });
      await expect(startApi(testDb.url, 2, { CLICKCHAIN_PORT: String(port) })).rejects.toThrow(
        /an API process ended before it served/,
      );
      expect(await holder.stop('SIGTERM')).toBe(0);
    },
    STEP_MS,
  );
});
