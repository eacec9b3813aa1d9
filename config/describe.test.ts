import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderEnvExample, updateConfigurationPage } from './describe';

const root = join(__dirname, '..');
const updating = process.env.UPDATE_DOCS === '1';

/** The files are committed; `UPDATE_DOCS=1 npx jest config` writes them anew. */
function expectCurrent(path: string, expected: string): void {
  if (updating) writeFileSync(path, expected);
  expect(readFileSync(path, 'utf8')).toBe(expected);
}

describe('generated configuration documents', () => {
  it('docs/configuration.md lists the variables as the schema has them', () => {
    const path = join(root, 'docs/configuration.md');
    expectCurrent(path, updateConfigurationPage(readFileSync(path, 'utf8')));
  });

  it('.env.example lists the variables as the schema has them', () => {
    expectCurrent(join(root, '.env.example'), renderEnvExample());
  });
});
