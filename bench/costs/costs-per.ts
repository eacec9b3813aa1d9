import { type MeterReading, PARTS, type Part } from './meter';

/** What one of something costs. */
export type Costs = {
  readonly count: number;
  readonly statements: number;
  readonly reads: number;
  readonly commits: number;
  readonly walBytes: number;
  readonly grpcCalls: number;
  readonly diskBytes: number;
  readonly temporalBytes: number;
  /** Processor time of each part, in ms. */
  readonly cpuMs: Readonly<Record<Part, number>>;
  /** Tables that grew, with their indexes. */
  readonly tableBytes: Readonly<Record<string, number>>;
};

type Span = { readonly from: MeterReading; readonly to: MeterReading };
type Counter = 'statements' | 'reads' | 'commits' | 'walBytes' | 'grpcCalls';

/**
 * What each of `count` cost between two readings, less what the instance does anyway: `idle` is a span in which nothing
 * was asked of it. Sizes are not corrected, because an idle instance does not grow.
 */
export function costsPer(count: number, work: Span, idle: Span): Costs {
  const seconds = ({ from, to }: Span): number => Math.max((to.atMs - from.atMs) / 1_000, 0.001);
  const eachOf = (value: (reading: MeterReading) => number): number => {
    const grownIn = ({ from, to }: Span): number => value(to) - value(from);
    const anyway = (grownIn(idle) / seconds(idle)) * seconds(work);
    return Math.max(0, (grownIn(work) - anyway) / count);
  };
  const each = (name: Counter): number => eachOf((reading) => reading[name]);
  const grown = Object.entries(work.to.tableBytes).flatMap(([table, bytes]): [string, number][] => {
    const more = bytes - (work.from.tableBytes[table] ?? 0);
    return more > 0 ? [[table, Math.round(more / count)]] : [];
  });
  return {
    count,
    statements: each('statements'),
    reads: each('reads'),
    commits: each('commits'),
    walBytes: Math.round(each('walBytes')),
    grpcCalls: each('grpcCalls'),
    diskBytes: grown.reduce((sum, [, bytes]) => sum + bytes, 0),
    temporalBytes: Math.round((work.to.temporalBytes - work.from.temporalBytes) / count),
    cpuMs: byPart((part) => eachOf(({ cpuMs }) => cpuMs[part])),
    tableBytes: Object.fromEntries(grown.filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1])),
  };
}

function byPart(value: (part: Part) => number): Costs['cpuMs'] {
  return Object.fromEntries(PARTS.map((part) => [part, value(part)])) as Costs['cpuMs'];
}

/** What two steps of the same thing cost together. */
export function together(first: Costs, second: Costs): Costs {
  const tables = new Map(Object.entries(first.tableBytes));
  for (const [table, bytes] of Object.entries(second.tableBytes)) {
    tables.set(table, (tables.get(table) ?? 0) + bytes);
  }
  return {
    count: Math.min(first.count, second.count),
    statements: first.statements + second.statements,
    reads: first.reads + second.reads,
    commits: first.commits + second.commits,
    walBytes: first.walBytes + second.walBytes,
    grpcCalls: first.grpcCalls + second.grpcCalls,
    diskBytes: first.diskBytes + second.diskBytes,
    temporalBytes: first.temporalBytes + second.temporalBytes,
    cpuMs: byPart((part) => first.cpuMs[part] + second.cpuMs[part]),
    tableBytes: Object.fromEntries(tables),
  };
}
