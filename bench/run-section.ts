import type { Output } from '../simulator/output';
import { loadAverage, type Surroundings, surroundingsLines } from './machine/surroundings';
import { type Target, targetLine } from './output/target';
import type { Section, SectionContext } from './section';
import { type Witness, withInstance } from './with-instance';

export type SectionReport = {
  readonly section: string;
  readonly startedAt: string;
  readonly seconds: number;
  /** Before the section's own instance added to it. */
  readonly loadBefore: number;
  /** One per instance that was started. */
  readonly surroundings: readonly Surroundings[];
  readonly targets: readonly Target[];
  readonly figures: unknown;
};

type Conditions = {
  readonly quick: boolean;
  readonly output: Output;
  readonly stream: Witness['stream'];
  readonly signal: AbortSignal;
};

/** Runs one section and prints what it found. A section that breaks is a missed target, and not the end of the others. */
export async function runSection(section: Section, conditions: Conditions): Promise<SectionReport> {
  const { quick, output, stream, signal } = conditions;
  const startedAt = new Date();
  const loadBefore = loadAverage();
  const surroundings: Surroundings[] = [];
  const witness: Witness = {
    stream,
    signal,
    started: (found) => surroundings.push({ ...found, load: loadBefore }),
  };
  const context: SectionContext = {
    ...{ quick, output, signal },
    withInstance: (settings, work) => withInstance(settings, witness, work),
  };
  output.line(`\n${section.title}${quick ? ' (quick: a smoke run, no figures)' : ''}`);
  const { lines, targets, figures } = await attempt(section, context);
  const [first] = surroundings;
  output.line(`\n${section.title}`);
  for (const line of first === undefined ? [] : surroundingsLines(first)) output.line(line);
  output.line();
  for (const line of lines) output.line(line);
  output.line();
  for (const target of targets) output.line(targetLine(target));
  return {
    section: section.name,
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1_000),
    ...{ loadBefore, surroundings, targets, figures },
  };
}

async function attempt(section: Section, context: SectionContext) {
  try {
    return await section.run(context);
  } catch (error) {
    const because = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const target: Target = { what: 'the section runs to its end', wanted: 'its end', got: null, met: false };
    return { lines: [because], targets: [target], figures: { error: because } };
  }
}
