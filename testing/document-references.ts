import { existsSync } from 'node:fs';
import path from 'node:path';
import { readRepositoryFile, repositoryRoot } from './source-files';
import { exportedNames } from './source-syntax';

const REFERENCE = /^(?<file>[\w@./-]+\.(?:ts|js|cjs|sql))(?:#(?<name>\w+))?$/;

/**
 * What is wrong with the places that a document names in code spans, as sentences: `file` must exist; of
 * `file#name`, a source must export the name, and the dumped schema must define it (a table, a constraint).
 */
export function brokenReferences(markdown: string): string[] {
  return codeSpans(markdown).flatMap((span) => {
    const { file, name } = REFERENCE.exec(span)?.groups ?? {};
    if (file === undefined || !file.includes('/')) return [];
    if (!existsSync(path.join(repositoryRoot, file))) return [`${file} does not exist`];
    if (name === undefined || defines(file, name)) return [];
    return [`${file} has no ${name}`];
  });
}

/** The rows of the table whose header names `file#export`, as lists of cells; empty when there is no such table. */
export function ruleTable(markdown: string): string[][] {
  const lines = markdown.split('\n');
  const header = lines.findIndex((line) => line.startsWith('|') && line.includes('`file#export`'));
  if (header === -1) return [];
  const rest = lines.slice(header + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end === -1 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Links of a document that lead to no file, relative to the document; addresses and anchors are left alone. */
export function brokenLinks(document: string, markdown: string): string[] {
  return [...markdown.matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => match.groups?.target?.replace(/#.*$/, '') ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(path.join(repositoryRoot, path.dirname(document), target)));
}

function codeSpans(markdown: string): string[] {
  const withoutBlocks = markdown.replace(/^```[\s\S]*?^```/gm, '');
  return [...withoutBlocks.matchAll(/`(?<span>[^`\n]+)`/g)].map((match) => match.groups?.span ?? '');
}

function defines(file: string, name: string): boolean {
  const text = readRepositoryFile(file);
  return file.endsWith('.sql') ? new RegExp(`\\b${name}\\b`).test(text) : exportedNames(text).has(name);
}
