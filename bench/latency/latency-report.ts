import type { Shot } from '../load/open-loop';
import type { Surroundings } from '../machine/surroundings';
import { type Spread, spreadOf } from '../output/spread';
import type { StepTimes } from './breakdown';

/** One measured run. `arrivals` are the times at which each click's postback came, by the clock of the shots. */
export type Measurement = {
  readonly shots: readonly Shot<unknown>[];
  readonly clickIds: readonly string[];
  /** The first so many shots only warm up and are not counted. */
  readonly warmUpShots: number;
  readonly arrivals: ReadonlyMap<string, readonly number[]>;
  /** Empty when the database could not be asked. */
  readonly steps: readonly StepTimes[];
  /** What must be added to the shots' clock to get ms since the epoch. */
  readonly clockOriginMs: number;
};

export type LatencyReport = {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly counts: Record<'sent' | 'acknowledged' | 'received' | 'missing' | 'doubled', number>;
  /** In ms. */
  readonly latency: Record<LatencyName, Spread | null>;
  /** Where the time goes between the API and the sink, in ms; by the tables' own times. */
  readonly steps: Record<StepName, Spread | null>;
  readonly generator: { readonly lag: Spread | null; readonly keptSchedule: boolean };
  readonly targets: Record<
    TargetName,
    { readonly wanted: number; readonly got: number | null; readonly met: boolean }
  >;
  readonly surroundings: Surroundings;
};

type LatencyName =
  | 'sentToAcknowledged'
  | 'intendedToAcknowledged'
  | 'acknowledgedToReceived'
  | 'intendedToReceived';
type StepName = 'receivedToAssessed' | 'assessedToSettled' | 'settledToAttempt' | 'attemptToSink';
type TargetName = 'acknowledgedToReceivedP50' | 'acknowledgedToReceivedP99' | 'missing';

const WANTED_P50_MS = 150;
const WANTED_P99_MS = 1_000;
/** A generator that is later than this with one request in a hundred adds to what it measures. */
const TOLERATED_LAG_MS = 50;

/** Counts and spreads of the measured part of a run, and whether they are good enough. */
export function reportLatency(
  measurement: Measurement,
  conditions: Pick<LatencyReport, 'ratePerSecond' | 'seconds' | 'warmUpSeconds' | 'surroundings'>,
): LatencyReport {
  const shots = measurement.shots.slice(measurement.warmUpShots);
  const acknowledged = shots.filter(({ result }) => result.ok);
  const arrivalsOf = (shot: Shot<unknown>): readonly number[] =>
    measurement.arrivals.get(measurement.clickIds[shot.index] ?? '') ?? [];
  const delivered = acknowledged.flatMap((shot) => {
    const [atMs] = arrivalsOf(shot);
    return atMs === undefined ? [] : [{ ...shot, atMs }];
  });
  const missing = acknowledged.length - delivered.length;
  const toReceived = spreadOf(delivered.map(({ atMs, doneMs }) => atMs - doneMs));
  const lag = spreadOf(shots.map(({ sentMs, intendedMs }) => sentMs - intendedMs));
  return {
    ...conditions,
    counts: {
      sent: shots.length,
      acknowledged: acknowledged.length,
      received: delivered.length,
      missing,
      doubled: shots.filter((shot) => arrivalsOf(shot).length > 1).length,
    },
    latency: {
      sentToAcknowledged: spreadOf(acknowledged.map(({ doneMs, sentMs }) => doneMs - sentMs)),
      intendedToAcknowledged: spreadOf(acknowledged.map(({ doneMs, intendedMs }) => doneMs - intendedMs)),
      acknowledgedToReceived: toReceived,
      intendedToReceived: spreadOf(delivered.map(({ atMs, intendedMs }) => atMs - intendedMs)),
    },
    steps: stepSpreads(measurement, delivered),
    generator: { lag, keptSchedule: lag !== null && lag.p99 <= TOLERATED_LAG_MS },
    targets: {
      acknowledgedToReceivedP50: target(WANTED_P50_MS, toReceived?.p50 ?? null),
      acknowledgedToReceivedP99: target(WANTED_P99_MS, toReceived?.p99 ?? null),
      missing: target(0, missing),
    },
  };
}

function target(wanted: number, got: number | null) {
  return { wanted, got, met: got !== null && got <= wanted };
}

function stepSpreads(
  { steps, clickIds, clockOriginMs }: Measurement,
  delivered: readonly { index: number; atMs: number }[],
): LatencyReport['steps'] {
  const known = new Map(steps.map((times) => [times.clickId as string, times]));
  const ways = delivered.flatMap(({ index, atMs }) => {
    const times = known.get(clickIds[index] ?? '');
    return times === undefined ? [] : [{ ...times, arrivedAtMs: clockOriginMs + atMs }];
  });
  return {
    receivedToAssessed: spreadOf(ways.map((way) => way.assessedAtMs - way.receivedAtMs)),
    assessedToSettled: spreadOf(ways.map((way) => way.settledAtMs - way.assessedAtMs)),
    settledToAttempt: spreadOf(ways.map((way) => way.attemptedAtMs - way.settledAtMs)),
    attemptToSink: spreadOf(ways.map((way) => way.arrivedAtMs - way.attemptedAtMs)),
  };
}
