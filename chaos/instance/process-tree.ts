import { readdirSync, readFileSync } from 'node:fs';

/**
 * A process and what descends from it, parents first. Empty of children where there is no /proc: the fault is then
 * weaker, because the children of Postgres go on.
 */
export function processTree(pid: number): number[] {
  const parents = parentsOfAll();
  const tree = [pid];
  for (const one of tree)
    tree.push(...parents.filter(([, parent]) => parent === one).map(([child]) => child));
  return tree;
}

function parentsOfAll(): (readonly [number, number])[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => parentOf(Number(name)));
  } catch {
    return [];
  }
}

function parentOf(pid: number): (readonly [number, number])[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold blanks and parentheses, so fields are counted from the last parenthesis.
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [[pid, Number(parent)]];
  } catch {
    return [];
  }
}
