import { spreadOf } from '../output/spread';
import type { Latency, LoadOutcome, LoadResult, LoadSample } from './load-job';

/** What the samples of a run say about its measured part, which lasted `seconds`. */
export function countSamples(
  samples: readonly LoadSample[],
  seconds: number,
  clickIds: readonly string[],
): LoadResult {
  const of = (outcome: LoadOutcome): LoadSample[] => samples.filter((sample) => sample.outcome === outcome);
  const [acknowledged, refused, other] = [of('acknowledged'), of('refused'), of('other')];
  return {
    seconds,
    counts: {
      acknowledged: acknowledged.length,
      refused: refused.length,
      other: other.length,
      unanswered: of('unanswered').length,
    },
    acknowledgedPerSecond: Math.round(acknowledged.length / seconds),
    acknowledged: latencies(acknowledged),
    refused: latencies(refused),
    other: latencies(other),
    lateness: spreadOf(samples.map(({ sentMs, intendedMs }) => sentMs - intendedMs)),
    clickIds,
  };
}

function latencies(samples: readonly LoadSample[]): Latency {
  return {
    fromIntended: spreadOf(samples.map(({ doneMs, intendedMs }) => doneMs - intendedMs)),
    fromSent: spreadOf(samples.map(({ doneMs, sentMs }) => doneMs - sentMs)),
  };
}
