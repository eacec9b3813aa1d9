import { existsSync } from 'node:fs';
import path from 'node:path';
import { coverageProblems, coverageRows } from './coverage-rows';
import { brokenReferences } from './document-references';
import { readRepositoryFile, repositoryRoot } from './source-files';

/** How many ids each checklist has; they are numbered from 1. */
const CHECKLISTS = { M: 76, O: 99, G: 81, V: 56, P: 103 } as const;

const document = readRepositoryFile('docs/coverage.md');
const rows = coverageRows(document);

describe('docs/coverage.md', () => {
  test.each(Object.entries(CHECKLISTS))('names each %s of %d once, in order', (letter, count) => {
    const ids = rows.map(({ id }) => id).filter((id) => id.startsWith(letter));
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => `${letter}${index + 1}`));
  });

  test('names nothing else', () => {
    const strangers = rows.filter(({ id }) => !/^[MOGVP]\d+$/.test(id));
    expect(strangers).toEqual([]);
  });

  test('says of each where it is done, or who will do it', () => {
    expect(rows.flatMap(coverageProblems)).toEqual([]);
  });

  test('names files that exist', () => {
    const missing = rows
      .flatMap(({ paths }) => paths)
      .filter((name) => !existsSync(path.join(repositoryRoot, name.replace(/#.*$/, ''))));
    expect(missing).toEqual([]);
    expect(brokenReferences(document)).toEqual([]);
  });
});

describe('a row that says nothing is caught', () => {
  const problemsOf = (row: string) =>
    coverageRows(`| id | what | where |\n|---|---|---|\n${row}\n`).flatMap(coverageProblems);

  test.each([
    ['| M1 | A click | `api/hot/click.ts` |', []],
    ['| M1 | A click | not yet: dashboard |', []],
    ['| M1 | A click | not yet: dashboard; the half of it: `api/hot/click.ts` |', []],
    ['| M1 | A click | not yet |', ['M1 says neither a file nor who will do it']],
    ['| M1 | A click |  |', ['M1 says neither a file nor who will do it']],
    ['| M1 | A click | the click path |', ['M1 says neither a file nor who will do it']],
    ['| M1 | A click | not yet: somebody |', ['M1 waits for "somebody", which is no capability']],
    ['| M1 |  | `api/hot/click.ts` |', ['M1 has no title']],
  ])('%s', (row, problems) => {
    expect(problemsOf(row)).toEqual(problems);
  });
});
