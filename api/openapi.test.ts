import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from './openapi';
import * as eventBodies from './schemas/event-bodies';

const COMMITTED = join(__dirname, '..', 'docs', 'openapi.json');

type Operation = {
  operationId: string;
  parameters?: { in: string; name: string; schema: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, unknown>;
};

const generated = openApiDocument() as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
};

function operations(): [string, Operation][] {
  return Object.entries(generated.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

describe('the API description', () => {
  it('is committed as it is generated (UPDATE_DOCS=1 npx jest api/openapi writes it anew)', () => {
    const text = `${JSON.stringify(generated, null, 2)}\n`;
    if (process.env.UPDATE_DOCS === '1') writeFileSync(COMMITTED, text);
    expect(readFileSync(COMMITTED, 'utf8')).toBe(text);
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

  it('bounds every whole number that a request may hold, by what its column can store', () => {
    const unbounded = operations().flatMap(([route, operation]) => {
      const asked = [
        ...(operation.parameters ?? []).map(({ schema }) => schema),
        ...Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => schema),
      ];
      return asked
        .flatMap(wholeNumbers)
        .filter(tooWide)
        .map(() => route);
    });
    expect(unbounded).toEqual([]);
  });

  it.each([
    ['RegistrationEvent', eventBodies.registrationBody],
    ['DepositEvent', eventBodies.depositBody],
    ['WithdrawalEvent', eventBodies.withdrawalBody],
    ['NgrEvent', eventBodies.ngrBody],
    ['SelfExclusionEvent', eventBodies.selfExclusionBody],
    ['ChargebackEvent', eventBodies.chargebackBody],
    ['RefundEvent', eventBodies.refundBody],
    ['TrackedEvent', eventBodies.trackBody],
  ])('%s: says of which fields null is taken for nothing', (name, { shape }) => {
    const { properties } = generated.components.schemas[name] as { properties: Record<string, Schema> };
    const taken = Object.entries(shape).filter(([, field]) => field.safeParse(null).success);
    const described = Object.entries(properties).filter(([, property]) => allowsNull(property));
    expect(described.map(([field]) => field).sort()).toEqual(taken.map(([field]) => field).sort());
  });

  it('has no CSV, whose cells could be formulas: an export has to quote them first', () => {
    expect(JSON.stringify(generated)).not.toMatch(/\bcsv\b/i);
  });

  it('says which refusal an operation gives to a malformed Idempotency-Key', () => {
    const keyed = operations().filter(([, { parameters }]) =>
      parameters?.some(({ name }) => name === 'idempotency-key'),
    );
    expect(keyed.length).toBeGreaterThan(10);
    for (const [route, { responses }] of keyed) expect([route, '400' in responses]).toEqual([route, true]);
  });
});

/** A schema of OpenAPI, as far as it is read here. */
type Schema = { readonly [keyword: string]: unknown };

/** Above it, `integer` of Postgres fails. Counts that are kept as `bigint` have a bound of their own. */
const MAX_INTEGER = 2_147_483_647;

function tooWide({ maximum }: Schema): boolean {
  return typeof maximum !== 'number' || maximum > MAX_INTEGER;
}

function allowsNull(schema: Schema): boolean {
  const isListed = !Array.isArray(schema.enum) || schema.enum.includes(null);
  const branches = Array.isArray(schema.anyOf) ? (schema.anyOf as Schema[]) : [];
  return ([schema.type].flat().includes('null') && isListed) || branches.some(allowsNull);
}

/** Every schema of a whole number in this one, references followed. */
function wholeNumbers(schema: unknown): Schema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('$ref' in schema) return wholeNumbers(named(String(schema.$ref)));
  const isWhole = 'type' in schema && [schema.type].flat().includes('integer');
  return [...(isWhole ? [schema as Schema] : []), ...Object.values(schema).flatMap(wholeNumbers)];
}

function named(reference: string): unknown {
  return generated.components.schemas[reference.slice('#/components/schemas/'.length)];
}
