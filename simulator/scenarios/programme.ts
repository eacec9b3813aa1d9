import { heading, paragraph } from '../paragraph';
import type { TemporalCheck } from '../temporal-check';
import { ASPECTS } from './aspects';
import type { Played } from './play-scenario';
import type { Scenario } from './scenario';

const RESULTS = {
  as_stated: 'as stated',
  differs: 'DIFFERS',
  not_shown: 'not shown',
} as const satisfies Record<Played['result'], string>;

/** What a person reads of one scenario: what it shows, what was done, what had to come of it and what came. */
export function playedLines(
  { scenario, result, steps, problems, seen, clickId, tookMs }: Played,
  apiUrl: string,
) {
  const expected = ASPECTS.flatMap((aspect) => {
    const sentences = scenario.expected[aspect];
    if (sentences === undefined) return [];
    return [`${aspect}: ${sentences.length === 0 ? 'none' : sentences.join(' · ')}`];
  });
  const seenTexts = result === 'as_stated' ? ['exactly that; the trial balance is zero'] : problems;
  return [
    heading(scenario.name),
    ...paragraph('shows', [scenario.shows]),
    ...paragraph('steps', steps.length === 0 ? ['none'] : steps),
    ...paragraph('expected', expected),
    ...paragraph('seen', seenTexts),
    ...paragraph('result', [`${RESULTS[result]}, ${seconds(tookMs)}`]),
    ...(clickId === null ? [] : paragraph('click', [`${apiUrl}/v1/clicks/${clickId}`])),
    ...(seen?.temporalUrl ? paragraph('workflow', [seen.temporalUrl]) : []),
    '',
  ];
}

/** The table at the end of a run, and the sentence that says whether all is as stated. */
export function tableLines(played: readonly Played[], temporal: TemporalCheck | null): string[] {
  const width = Math.max(...played.map(({ scenario }) => scenario.name.length)) + 2;
  const rows = played.map(({ scenario, result, tookMs }) =>
    ['', scenario.name.padEnd(width), RESULTS[result].padEnd(11), seconds(tookMs).padStart(7)].join(' '),
  );
  const of = (result: Played['result']): number => played.filter((one) => one.result === result).length;
  const differing = of('differs');
  const notShown = of('not_shown');
  return [
    heading('Scenarios'),
    ...rows,
    '',
    differing === 0
      ? `${of('as_stated')} of ${played.length} scenarios are as stated.`
      : `${differing} of ${played.length} scenarios differ from what is stated.`,
    ...(notShown === 0 ? [] : paragraph('not shown', [`${notShown} of them.`, ...notShownBecause(played)])),
    ...(temporal === null || temporal.ok === null ? [] : paragraph('workflows', [temporal.said])),
  ];
}

/** Every scenario with its sentence, by topic. */
export function listLines(scenarios: readonly Scenario[]): string[] {
  const topics = [...new Set(scenarios.map(({ topic }) => topic))];
  return topics.flatMap((topic) => [
    heading(topic),
    ...scenarios
      .filter((scenario) => scenario.topic === topic)
      .flatMap(({ name, shows }) => [`  ${name}`, `      ${shows}`]),
  ]);
}

/** Each reason once: it is the same for all of them. */
function notShownBecause(played: readonly Played[]): string[] {
  return [...new Set(played.filter(({ result }) => result === 'not_shown').flatMap((one) => one.problems))];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
