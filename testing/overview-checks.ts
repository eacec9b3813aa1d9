import type { Db } from '../db/knex';
import { type OverviewQuestion, readOverview } from '../db/read-models/overview';
import { readValueReport } from '../db/read-models/value-report';
import { writeResults } from '../db/stores/result-store';
import { countTraffic } from '../db/stores/traffic-store';
import type { Currency } from '../domain/currencies';
import { uuidFromId, type WorkspaceId } from '../domain/ids';
import type { Counts } from '../domain/rollup/counts';
import type { Tally } from '../domain/value/tally';

/** Counts all that there is to count at a moment, as the loop of the worker does. */
export async function rollUpTo(db: Db, nowMs: number): Promise<void> {
  for (;;) {
    const written = await writeResults(db);
    if ((await countTraffic(db, nowMs)) === null && written === 0) return;
  }
}

type Group = { readonly key: string | null } & Record<string, unknown>;

/** What the overview says, as far as the report over all facts says it too. */
export async function readRolledUp(
  db: Db,
  workspaceId: WorkspaceId,
  question: OverviewQuestion,
): Promise<Group[]> {
  const { total, groups } = await readOverview(db, workspaceId, question);
  const shown = [{ key: '*', ...ofCounts(total) }];
  return [...shown, ...groups.map(({ key, counts }) => ({ key, ...ofCounts(counts) }))].filter(isSomething);
}

/** The same from the facts themselves, read one by one. */
export async function readFromFacts(
  db: Db,
  workspaceId: WorkspaceId,
  question: OverviewQuestion,
): Promise<Group[]> {
  const { groupBy } = question;
  if (groupBy === 'device') throw new Error('the report over all facts knows no devices');
  const asked = { ...question, groupBy, reporting: 'EUR' as Currency };
  const { total, groups } = await readValueReport(db, workspaceId, asked);
  const shown = [{ key: '*', ...ofTally(total) }];
  return [...shown, ...groups.map(({ key, tally }) => ({ key, ...ofTally(tally) }))].filter(isSomething);
}

function ofCounts(counts: Counts) {
  return {
    clicks: Number(counts.clicks),
    installs: Number(counts.installsPpm),
    registrations: Number(counts.registrationsPpm),
    firstDepositors: Number(counts.firstDepositorsPpm),
    deposits: Number(counts.depositsPpm),
    depositTotal: textOf(counts.deposits),
    commission: textOf(counts.commission),
  };
}

function ofTally(tally: Tally) {
  return {
    clicks: Number(tally.clicksPpm) / 1_000_000,
    installs: Number(tally.installsPpm),
    registrations: Number(tally.registrationsPpm),
    firstDepositors: Number(tally.firstDepositorsPpm),
    deposits: Number(tally.depositsPpm),
    depositTotal: textOf(tally.deposits.byCurrency),
    commission: textOf(tally.commission.byCurrency),
  };
}

function textOf(amounts: ReadonlyMap<Currency, bigint>): string {
  const told = [...amounts]
    .filter(([, minor]) => minor !== 0n)
    .map(([currency, minor]) => `${currency} ${minor}`);
  return told.sort().join(', ');
}

function isSomething({ key, ...numbers }: Group): boolean {
  return key === '*' || Object.values(numbers).some((value) => value !== 0 && value !== '');
}

/** What the overview counts of clicks and verdicts alone, counted one by one; by device. */
export async function countClicksByDevice(
  db: Db,
  workspaceId: WorkspaceId,
): Promise<{ device: string | null; clicks: number; blocked: number; review: number }[]> {
  const { rows } = await db.raw<{
    rows: { device: string | null; clicks: number; blocked: number; review: number }[];
  }>(
    `SELECT c.device, count(*)::integer AS clicks, (count(*) FILTER (WHERE v.outcome = 'block'))::integer AS blocked,
       (count(*) FILTER (WHERE v.outcome = 'review'))::integer AS review
     FROM clicks AS c
     LEFT JOIN verdicts AS v ON v.subject_kind = 'click' AND v.subject_id = c.click_id
     WHERE c.workspace_id = ? AND NOT c.is_test GROUP BY c.device ORDER BY c.device NULLS LAST`,
    [uuidFromId(workspaceId)],
  );
  return rows;
}
