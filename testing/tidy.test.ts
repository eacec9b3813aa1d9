import path from 'node:path';
import { readSourceFiles } from './source-files';
import { exportedNames, functionSpans } from './source-syntax';
import { ALLOWED, BANS, bannedStrings, misnamed, tooLong } from './tidy-rules';

const files = readSourceFiles();
const isAllowed = (entry: { path: string; ban: string }) =>
  ALLOWED.some((allowed) => allowed.path === entry.path && allowed.ban === entry.ban);

describe('the sources are tidy', () => {
  test('there are sources to look at', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  test.each(BANS.map((ban) => [ban.name, ban.instead]))('no %s, but %s', (name) => {
    const found = files
      .flatMap(bannedStrings)
      .filter((violation) => violation.ban === name && !isAllowed(violation));
    expect(found.map((violation) => `${violation.path}:${violation.line}`)).toEqual([]);
  });

  test('every exception still excuses something', () => {
    const found = files.flatMap(bannedStrings);
    const idle = ALLOWED.filter(
      (allowed) =>
        !found.some((violation) => violation.path === allowed.path && violation.ban === allowed.ban),
    );
    expect(idle).toEqual([]);
  });

  test('files and functions fit into a head', () => {
    expect(files.flatMap(tooLong)).toEqual([]);
  });

  test('files are named after what they hold', () => {
    expect(files.flatMap((file) => misnamed(file.path))).toEqual([]);
  });

  test('a test stands in a folder that holds product code', () => {
    const isTest = (file: { path: string }) => file.path.endsWith('.test.ts');
    const folders = new Set(
      files.filter((file) => !isTest(file)).map((file) => path.posix.dirname(file.path)),
    );
    const alone = files.filter((file) => isTest(file) && !folders.has(path.posix.dirname(file.path)));
    expect(alone.map((file) => file.path)).toEqual([]);
  });
});

describe('the rules bite', () => {
  test.each([
    ['console', 'api/app.ts', "console.log('x');"],
    ['randomness in a pure room', 'domain/a.ts', 'const x = Math.random();'],
    ['the clock in a pure room', 'domain/a.ts', 'const now = new Date();'],
    ['the environment', 'api/app.ts', 'const port = process.env.PORT;'],
    ['as any', 'api/app.ts', 'const x = y as any;'],
    ['a list as parameters', 'db/stores/a.ts', "db('x').whereIn('id', ids);"],
    ['a list as parameters', 'db/stores/a.ts', "await db('x').insert(rows);"],
    ['a silenced compiler', 'api/app.ts', '// @ts-expect-error because'],
    ['a silenced linter without a reason', 'api/app.ts', '// oxlint-disable-next-line no-console'],
    ['a promise to finish later', 'api/app.ts', '// TODO: later'],
    ['a test that does not run', 'api/app.test.ts', "test.skip('x', () => {});"],
    ['a sleep in a test', 'api/app.test.ts', 'setTimeout(done, 10);'],
    ['an amount as a floating-point number', 'api/app.ts', 'const x = Number(body.amount);'],
    ['a sum of money in 64 bits', 'db/a.ts', 'const sql = `SELECT sum(x.amount_minor)::bigint`;'],
    ['toFixed', 'api/app.ts', 'const x = y.toFixed(2);'],
    ['a column type that loses meaning', 'db/migrations/001_x.ts', 'create table x (at timestamp not null)'],
    ['an unguarded call to a stranger', 'activities/postback.ts', 'await fetch(url);'],
    ['a secret compared as text', 'api/a.ts', 'if (given === source.secret) return;'],
    ['a secret compared as text', 'clients/a.ts', 'return signature !== expected;'],
    ['a secret compared as text', 'api/a.ts', 'const ok = config.adminKey == key;'],
  ])('%s', (ban, file, text) => {
    expect(bannedStrings({ path: file, text })).toMatchObject([{ ban, line: 1 }]);
  });

  test('what only looks like a violation passes', () => {
    const harmless = [
      '// Date.now() is passed in.',
      'at timestamptz not null',
      'const x = client.fetch(url);',
    ];
    expect(harmless.flatMap((text) => bannedStrings({ path: 'domain/a.ts', text }))).toEqual([]);
    const asked = 'if (secret !== null && digest.length === mac.length) verify();';
    expect(bannedStrings({ path: 'api/a.ts', text: asked })).toEqual([]);
    const reasoned = '// oxlint-disable-next-line no-await-in-loop -- one at a time keeps the order';
    expect(bannedStrings({ path: 'api/app.ts', text: reasoned })).toEqual([]);
  });

  test('a function of 71 lines is too long, a describe is not', () => {
    const body = 'f();\n'.repeat(68);
    expect(tooLong({ path: 'a.ts', text: `function f() {\n${body}}\n` })).toEqual([]);
    expect(tooLong({ path: 'a.ts', text: `const é = () => {\n${body}f();\n};\n` })).toHaveLength(1);
    expect(tooLong({ path: 'a.ts', text: `describe('x', () => {\n${body}f();\n});\n` })).toEqual([]);
    expect(tooLong({ path: 'a.ts', text: 'f();\n'.repeat(401) })).toHaveLength(1);
  });

  test('names', () => {
    expect(misnamed('api/routes/clickRoutes.ts')).toHaveLength(1);
    expect(misnamed('api/http-utils.ts')).toHaveLength(1);
    expect(misnamed('domain/__tests__/money.test.ts')).not.toEqual([]);
    expect(misnamed('domain/money.spec.ts')).toHaveLength(1);
    expect(misnamed('db/migrations/001_create_clicks.ts')).toEqual([]);
    expect(misnamed('workflows/click-journey/workflow.temporal.test.ts')).toEqual([]);
  });

  test('exports and functions are read from the syntax, not from the text', () => {
    const text = `
      export const a = 1, b = () => 2;
      export function f() { return class { m() { return { n() { return [() => 1]; } }; } }; }
      export type T = 1; export interface I { x: 1 } export class C {}
      const hidden = 'export const not = 1'; export { hidden as shown };`;
    expect([...exportedNames(text)].sort()).toEqual(['C', 'I', 'T', 'a', 'b', 'f', 'shown']);
    expect(functionSpans(text)).toHaveLength(5);
  });
});
