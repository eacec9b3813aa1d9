import { parseSync } from '@swc/core';

/** A node of the syntax tree. Only the fields that are read here are named; the rest stays unknown. */
interface Node {
  readonly type: string;
  readonly span: { readonly start: number; readonly end: number };
  readonly [field: string]: unknown;
}

export interface FunctionSpan {
  /** 1-based line of the function's first token. */
  readonly line: number;
  readonly lines: number;
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'MethodProperty',
  'Constructor',
]);

/**
 * Every function of a TypeScript or JavaScript source with its length in lines. The callback of a `describe` is
 * left out: it is a table of contents, not a function that somebody has to hold in mind.
 */
export function functionSpans(text: string): FunctionSpan[] {
  const source = Buffer.from(text, 'utf8');
  return nodesOf(parseModule(text))
    .filter((node) => FUNCTIONS.has(node.type))
    .map((node) => {
      const line = lineOf(source, node.span.start);
      return { line, lines: lineOf(source, node.span.end) - line + 1 };
    });
}

/** The names that a source exports, types included; `export * from` is not followed. */
export function exportedNames(text: string): Set<string> {
  const statements = parseModule(text).body;
  if (!Array.isArray(statements)) return new Set();
  return new Set(statements.filter(isNode).flatMap(namesOfStatement));
}

/** Every text that stands in a source, with `??` for what is put in when it runs. */
export function textsOf(source: string): string[] {
  return nodesOf(parseModule(source)).flatMap((node) => {
    if (node.type === 'StringLiteral' && typeof node.value === 'string') return [node.value];
    if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return [];
    return [node.quasis.map((part: { cooked?: unknown }) => String(part.cooked)).join('??')];
  });
}

function parseModule(text: string): Node {
  const parsed: unknown = parseSync(text, { syntax: 'typescript', target: 'es2022' });
  if (!isNode(parsed)) throw new Error('the parser returned no module');
  return parsed;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value;
}

/** All nodes below a value, itself included. Arguments and method bodies hang on plain objects between nodes. */
function nodesOf(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(nodesOf);
  if (!isNode(value)) return below;
  const callbacks = isDescribe(value) ? callbacksOf(value) : [];
  return [value, ...below.filter((node) => !callbacks.includes(node))];
}

function callbacksOf(call: Node): unknown[] {
  return Array.isArray(call.arguments)
    ? call.arguments.map((argument: { expression?: unknown }) => argument.expression)
    : [];
}

function isDescribe(node: Node): boolean {
  return node.type === 'CallExpression' && calleeName(node.callee) === 'describe';
}

function calleeName(callee: unknown): unknown {
  if (!isNode(callee)) return undefined;
  if (callee.type === 'Identifier') return callee.value;
  return calleeName(callee.object ?? callee.callee);
}

function namesOfStatement(statement: Node): string[] {
  if (statement.type === 'ExportDeclaration' && isNode(statement.declaration)) {
    return namesOfDeclaration(statement.declaration);
  }
  if (statement.type === 'ExportNamedDeclaration' && Array.isArray(statement.specifiers)) {
    return statement.specifiers.flatMap((specifier: { exported?: unknown; orig?: unknown }) =>
      identifier(specifier.exported ?? specifier.orig),
    );
  }
  return [];
}

function namesOfDeclaration(declaration: Node): string[] {
  const variables = declaration.declarations;
  if (Array.isArray(variables)) {
    return variables.flatMap((variable: { id?: unknown }) => identifier(variable.id));
  }
  return identifier(declaration.identifier ?? declaration.id);
}

function identifier(node: unknown): string[] {
  return isNode(node) && typeof node.value === 'string' ? [node.value] : [];
}

/** Spans count bytes of the UTF-8 source, from 1. */
function lineOf(source: Buffer, position: number): number {
  let line = 1;
  for (
    let index = source.indexOf(10);
    index !== -1 && index < position - 1;
    index = source.indexOf(10, index + 1)
  ) {
    line += 1;
  }
  return line;
}
