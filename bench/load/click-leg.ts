import { shown, tableRow } from '../output/table';
import type { MeasuredInstance } from '../section';
import { checkRows, type RowCheck } from './check-rows';
import { clickRequests, type LinkKind } from './click-requests';
import { prepareStage, type Stage } from './deposit-traffic';
import type { LoadJob, LoadResult } from './load-job';
import { runLoad } from './run-load';

/** Some seconds of clicks on one campaign, and what of them is in the tables. */
export type Leg = { readonly result: LoadResult; readonly rows: RowCheck };

type LegJob = Omit<LoadJob, 'requests' | 'target'> & {
  readonly stage: Stage;
  readonly kind?: LinkKind;
  /** The instance itself unless another server is named. */
  readonly target?: LoadJob['target'];
};

export async function runLeg(instance: MeasuredInstance, job: LegJob, signal: AbortSignal): Promise<Leg> {
  const { stage, kind = 'plain', target = instance.address, ...load } = job;
  const result = await runLoad({ ...load, target, requests: clickRequests({ ...stage, kind }) }, signal);
  return { result, rows: await checkRows(instance.db, stage.campaignId, result.clickIds) };
}

/** A campaign of its own, so that its rows can be counted. */
export function newStage({ api, info }: MeasuredInstance): Promise<Stage> {
  return prepareStage(api, `http://127.0.0.1:${info.sinkPort}`);
}

export const LEG_COLUMNS = ['clicks/s', 'p50 ms', 'p99 ms', 'max ms', 'late p99', 'refused', 'other', 'cut'];

/** Latency from the intended time. */
export function legRow(label: string, { result }: Leg): string {
  const { counts, acknowledged, lateness } = result;
  const spread = acknowledged.fromIntended;
  return tableRow(label, [
    ...[result.acknowledgedPerSecond, spread?.p50 ?? null, spread?.p99 ?? null, spread?.max ?? null].map(
      shown,
    ),
    ...[lateness?.p99 ?? null, counts.refused, counts.other, counts.unanswered].map(shown),
  ]);
}

/** For the file: without the ids. */
export function legFigures({ result, rows }: Leg) {
  const { clickIds, ...figures } = result;
  return { ...figures, clicks: clickIds.length, rows };
}

export function sumOfRows(legs: readonly Leg[]): RowCheck {
  const sum = (of: (check: RowCheck) => number): number => legs.reduce((so, { rows }) => so + of(rows), 0);
  return {
    acknowledged: sum((rows) => rows.acknowledged),
    lost: sum((rows) => rows.lost),
    doubled: sum((rows) => rows.doubled),
    unacknowledged: sum((rows) => rows.unacknowledged),
    withoutRaw: sum((rows) => rows.withoutRaw),
  };
}
