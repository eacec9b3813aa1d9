import { brokenLinks, brokenReferences, ruleTable } from './document-references';
import { readRepositoryFile } from './source-files';

const architecture = readRepositoryFile('ARCHITECTURE.md');

describe('ARCHITECTURE.md', () => {
  test('has the table of rules', () => {
    expect(ruleTable(architecture).length).toBeGreaterThanOrEqual(10);
  });

  test.each(ruleTable(architecture))('%s: %s', (_rule, places = '') => {
    expect(places).toMatch(/`[^`]+\.(ts|sql)#\w+`/);
    expect(brokenReferences(places)).toEqual([]);
  });
});

describe('documents name what exists', () => {
  test.each([
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/attribution.md',
    'docs/configuration.md',
    'docs/deals.md',
    'docs/deploy.md',
    'docs/failure-modes.md',
    'docs/glossary.md',
    'docs/guarantees.md',
    'docs/invariants.md',
    'docs/payouts.md',
    'docs/performance.md',
    'docs/quarantine.md',
    'docs/review.md',
    'docs/scale.md',
    'docs/security.md',
    'docs/state-machine.md',
    'docs/temporal-ui.md',
    'docs/value.md',
  ])('%s', (document) => {
    const markdown = readRepositoryFile(document);
    expect(brokenReferences(markdown)).toEqual([]);
    expect(brokenLinks(document, markdown)).toEqual([]);
  });
});

describe('a document that lies is caught', () => {
  test('a missing file, a missing export, a missing constraint', () => {
    expect(brokenReferences('`domain/money.ts#parseMoney`, `domain/money.ts`, `npm test`, `a#b`')).toEqual(
      [],
    );
    expect(brokenReferences('`domain/money.ts#printMoney`')).toEqual(['domain/money.ts has no printMoney']);
    expect(brokenReferences('`domain/gold.ts#parseMoney`')).toEqual(['domain/gold.ts does not exist']);
    expect(brokenReferences('`db/schema.sql#no_such_rule_check`')).toEqual([
      'db/schema.sql has no no_such_rule_check',
    ]);
  });

  test('a dead link', () => {
    expect(brokenLinks('docs/glossary.md', '[a](../README.md#x) [b](#y) [c](https://example.com/z)')).toEqual(
      [],
    );
    expect(brokenLinks('docs/glossary.md', '[a](README.md)')).toEqual(['README.md']);
  });

  test('a table is read to its end', () => {
    const table =
      'x\n\n| Rule | `file#export` |\n|---|---|\n| one | `a.ts#b` |\n| two | `c.ts#d` |\n\n| other |\n';
    expect(ruleTable(table)).toEqual([
      ['one', '`a.ts#b`'],
      ['two', '`c.ts#d`'],
    ]);
    expect(ruleTable('no table')).toEqual([]);
  });
});
