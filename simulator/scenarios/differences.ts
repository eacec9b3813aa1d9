import { ASPECTS, type Aspect, type Expected, type Seen } from './aspects';

/** Aspects whose sentences have an order that says something. */
const ORDERED: ReadonlySet<Aspect> = new Set(['answers', 'verdicts', 'conversions']);

/** Where what was seen is not what was stated, one sentence each; empty when all is as stated. */
export function differences(expected: Expected, seen: Seen): string[] {
  return ASPECTS.flatMap((aspect) => {
    const wanted = expected[aspect];
    if (wanted === undefined) return [];
    const [a, b] = [inOrder(aspect, wanted), inOrder(aspect, seen[aspect])];
    return a === b ? [] : [`${aspect}: stated ${a || 'none'}; seen ${b || 'none'}`];
  });
}

/** Equal neighbours as one: thirty clicks that are judged alike are one sentence. */
export function counted(sentences: readonly string[]): string[] {
  const runs: { text: string; times: number }[] = [];
  for (const text of sentences) {
    const last = runs.at(-1);
    if (last?.text === text) last.times += 1;
    else runs.push({ text, times: 1 });
  }
  return runs.map(({ text, times }) => (times === 1 ? text : `${times} × ${text}`));
}

function inOrder(aspect: Aspect, sentences: readonly string[]): string {
  return (ORDERED.has(aspect) ? sentences : sentences.toSorted()).join(' · ');
}
