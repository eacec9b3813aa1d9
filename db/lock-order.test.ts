import { readSourceFiles } from '../testing/source-files';
import { LOCK_ORDER } from './lock-order';

/** What waits for a lock and keeps it until the transaction ends. */
const LOCKS =
  /\b(FOR (NO KEY )?UPDATE|FOR SHARE)\b(?!( OF \w+)? SKIP LOCKED)|\.for(NoKey)?Update\(\)(?!\s*\.skipLocked)|pg_advisory_xact_lock(_shared)?\(/;

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
const inProduct = readSourceFiles().filter(
  ({ path }) =>
    /^(db|activities|api|workers)\//.test(path) && !/^db\/(migrations|testing)\/|\.test\.ts$/.test(path),
);
const nameOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.ts$/, '');
const placed = new Set<string>(LOCK_ORDER.flatMap(({ by }) => [...by]));

it('every file that takes a lock has its place in the order, and every place its files', () => {
  const taking = inProduct
    .filter(({ text }) => LOCKS.test(withoutComments(text)))
    .map(({ path }) => nameOf(path));
  expect(taking.filter((name) => !placed.has(name))).toEqual([]);
  const known = new Set(inProduct.map(({ path }) => nameOf(path)));
  expect([...placed].filter((name) => !known.has(name))).toEqual([]);
});

it('a row that others refer to is never locked against their foreign keys', () => {
  const inFull = /'(workspaces|partners|campaigns|offers|players|destinations|deals)'\)[^;]*\.forUpdate\(\)/;
  expect(inProduct.filter(({ text }) => inFull.test(text)).map(({ path }) => path)).toEqual([]);
});
