import { existsSync, renameSync } from 'node:fs';

/**
 * Renames what is in the way, a file or a folder, and what belongs to it under the same name and a suffix, so that
 * nothing is ever deleted by a guess. Gives the new name; null when nothing was there.
 */
export function setAside(path: string, suffixes: readonly string[] = []): string | null {
  const aside = `${path}.set-aside-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  const present = ['', ...suffixes].filter((suffix) => existsSync(`${path}${suffix}`));
  for (const suffix of present) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  return present.length === 0 ? null : aside;
}
