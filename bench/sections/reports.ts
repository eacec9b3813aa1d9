import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseId, uuidFromId } from '../../domain/ids';
import { DAY_MS, toIso } from '../../domain/time';
import { NoAnswer } from '../../simulator/http-client';
import { readStatements, watchStatements } from '../costs/statement-watch';
import { newStage } from '../load/click-leg';
import { makeClicks, type Stage } from '../load/deposit-traffic';
import { type Spread, spreadOf } from '../output/spread';
import { shown, tableRow } from '../output/table';
import { atMost, type Target } from '../output/target';
import { seedSyntheticTraffic } from '../reports/seed-synthetic-traffic';
import type { MeasuredInstance, Section, SectionContext } from '../section';

const DAYS = 30;
const CAMPAIGNS = 20;
const QUICK_SIZES = [200_000];
const SIZES = [1_000_000, 5_000_000];
const GROUPINGS = ['', 'day', 'hour', 'campaign', 'partner', 'country', 'device'];
const COUNTED_WITHIN_MS = 900_000;
const WANTED_BUFFERS = 10_000;
const WANTED_P95_MS = 50;
const WANTED_VISIBLE_MS = 5_000;
/** Reports that follow every click take seconds: a few answers tell as much. */
const SLOW_REPEATS = 3;
const FAST_REPEATS = 40;

type Asked = { readonly label: string; readonly ms: Spread | null; readonly buffers: number };
type Size = {
  readonly clicks: number;
  readonly overview: readonly Asked[];
  readonly others: readonly Asked[];
};

const overview = z.looseObject({
  total: z.looseObject({ clicks: z.number() }),
  resultsBehindSince: z.string().nullable(),
});

/** Reports over a month of millions of clicks, over HTTP and warm, with the pages that the database looked at. */
export const reportsSection: Section = {
  name: 'reports',
  title: `Reports over ${DAYS} days, warm, over HTTP`,
  run: (context) =>
    context.withInstance(
      { CLICKCHAIN_WORKER_ROLES: 'sweep', CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: '0' },
      (instance) => measureReports(context, instance),
    ),
};

async function measureReports(context: SectionContext, instance: MeasuredInstance) {
  await watchStatements(instance, context.signal);
  const stages: Stage[] = [];
  while (stages.length < CAMPAIGNS) stages.push(await newStage(instance));
  const sizes: Size[] = [];
  let there = 0;
  for (const clicks of context.quick ? QUICK_SIZES : SIZES) {
    await seedAndCount(context, instance, stages, {
      clicks: clicks - there,
      part: sizes.length,
      total: clicks,
    });
    there = clicks;
    sizes.push({ clicks, ...(await askAll(context, instance)) });
  }
  const visibleMs = await untilVisible(instance, stages, context.signal);
  return {
    lines: sizes.flatMap(({ clicks, overview: fast, others }) => [
      tableRow(`${shown(clicks)} clicks`, ['p50 ms', 'p95 ms', 'max ms', 'buffers']),
      ...[...fast, ...others].map(({ label, ms, buffers }) =>
        tableRow(label, [ms?.p50 ?? null, ms?.p95 ?? null, ms?.max ?? null, buffers].map(shown)),
      ),
      '',
    ]),
    targets: targetsOf(sizes.at(-1), visibleMs),
    figures: { days: DAYS, campaigns: CAMPAIGNS, sizes, visibleMs },
  };
}

function targetsOf(largest: Size | undefined, visibleMs: number): Target[] {
  const worst = (of: (asked: Asked) => number): number | null =>
    largest === undefined ? null : Math.max(...largest.overview.map(of));
  const size = shown(largest?.clicks ?? 0);
  return [
    atMost(
      `overview of ${size} clicks: worst p95 in ms`,
      WANTED_P95_MS,
      worst(({ ms }) => ms?.p95 ?? Infinity),
    ),
    atMost(
      `overview of ${size} clicks: most buffers`,
      WANTED_BUFFERS,
      worst(({ buffers }) => buffers),
    ),
    atMost('click → visible in the overview, in ms', WANTED_VISIBLE_MS, visibleMs),
  ];
}

async function seedAndCount(
  { output, signal }: SectionContext,
  instance: MeasuredInstance,
  stages: readonly Stage[],
  { clicks, part, total }: { clicks: number; part: number; total: number },
): Promise<void> {
  const { db, info } = instance;
  const workspaceId = parseId('wsp', info.workspaceId);
  if (workspaceId === null) throw new Error('The instance has no workspace.');
  output.line(`  writing ${shown(clicks)} clicks …`);
  const workspaceUuid = uuidFromId(workspaceId);
  await seedSyntheticTraffic(db, { workspaceUuid, stages, clicks, part, days: DAYS });
  output.line('  waiting for the rollups …');
  const givingUpAtMs = performance.now() + COUNTED_WITHIN_MS;
  for (;;) {
    const answer = await instance.api.read(overviewPath(''), overview);
    const isFolded = await db('rollup_progress')
      .where('closed_until', '>', new Date(Date.now() - DAY_MS / 24))
      .first<{ closed_until: Date } | undefined>('closed_until');
    if (isFolded !== undefined && answer.resultsBehindSince === null) {
      if (answer.total.clicks < total * 0.98)
        throw new Error(`The overview counts ${answer.total.clicks} clicks.`);
      break;
    }
    if (performance.now() > givingUpAtMs) throw new Error('The rollups do not get to their end.');
    await sleep(1_000, undefined, { signal });
  }
  await db.raw('VACUUM (ANALYZE)');
}

async function askAll({ quick, output }: SectionContext, instance: MeasuredInstance) {
  output.line('  asking …');
  const fast: Asked[] = [];
  for (const groupBy of GROUPINGS) {
    const label = `overview${groupBy === '' ? '' : ` by ${groupBy}`}`;
    fast.push(await ask(instance, label, overviewPath(groupBy), quick ? 10 : FAST_REPEATS));
  }
  const others: Asked[] = [];
  for (const name of ['funnel', 'value']) {
    others.push(await askSlow(instance, name, quick ? 1 : SLOW_REPEATS));
  }
  return { overview: fast, others };
}

/** Nothing is measured of a report that follows more clicks than a statement has time for. */
async function askSlow(instance: MeasuredInstance, name: string, times: number): Promise<Asked> {
  try {
    return await ask(instance, name, `/v1/reports/${name}?${range()}`, times);
  } catch (error) {
    if (error instanceof NoAnswer) return { label: `${name}: takes too long, 503`, ms: null, buffers: 0 };
    throw error;
  }
}

/** Asked twice before, so that the pages are in memory and the plans are made. */
async function ask(
  { api, db }: MeasuredInstance,
  label: string,
  path: string,
  times: number,
): Promise<Asked> {
  for (let warm = 0; warm < 2; warm += 1) await api.text(path);
  const { buffers: before } = await readStatements(db);
  const samples: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startMs = performance.now();
    await api.text(path);
    samples.push(performance.now() - startMs);
  }
  const { buffers } = await readStatements(db);
  return { label, ms: spreadOf(samples), buffers: Math.round((buffers - before) / times) };
}

/** From a visitor's redirect until the overview holds his click. */
async function untilVisible(
  { api, http, info }: MeasuredInstance,
  [stage]: readonly Stage[],
  signal: AbortSignal,
): Promise<number> {
  if (stage === undefined) throw new Error('There is no campaign.');
  const before = (await api.read(overviewPath(''), overview)).total.clicks;
  await makeClicks(http, info.apiUrl, stage, { count: 1 });
  const startMs = performance.now();
  while ((await api.read(overviewPath(''), overview)).total.clicks <= before) {
    if (performance.now() - startMs > 60_000) throw new Error('The click does not show.');
    await sleep(20, undefined, { signal });
  }
  return Math.round(performance.now() - startMs);
}

function overviewPath(groupBy: string): string {
  return `/v1/reports/overview?${range()}${groupBy === '' ? '' : `&groupBy=${groupBy}`}`;
}

function range(): string {
  const day = (ms: number): string => toIso(ms).slice(0, 10);
  return `from=${day(Date.now() - DAYS * DAY_MS)}&to=${day(Date.now())}&timezone=Europe/Berlin`;
}
