import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from './openapi';

const COMMITTED = join(__dirname, '..', 'docs', 'openapi.json');

type Operation = {
  operationId: string;
  parameters?: { in: string; name: string }[];
  responses: Record<string, unknown>;
};

function operations(): [string, Operation][] {
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

describe('the API description', () => {
  it('is committed as it is generated (UPDATE_DOCS=1 npx jest api/openapi writes it anew)', () => {
    const generated = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
    if (process.env.UPDATE_DOCS === '1') writeFileSync(COMMITTED, generated);
    expect(readFileSync(COMMITTED, 'utf8')).toBe(generated);
  });

  it('is a valid OpenAPI 3.1 document', () => {
    // In a process of its own: the validator is an ES module, which Jest's CommonJS runtime cannot load.
    const validator = require.resolve('@seriousme/openapi-schema-validator');
    const script = `import { Validator } from ${JSON.stringify(validator)};
      const result = await new Validator().validate(${JSON.stringify(COMMITTED)});
      process.stdout.write(JSON.stringify(result));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual({ valid: true });
  });

  it('names each operation once and each of its path parameters', () => {
    const names = operations().map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const [route, operation] of operations()) {
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const described = (operation.parameters ?? [])
        .filter((one) => one.in === 'path')
        .map((one) => one.name);
      expect({ route, described }).toEqual({ route, described: inPath });
    }
  });
});
