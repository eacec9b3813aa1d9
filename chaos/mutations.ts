import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A defect to be put into a copy of the compiled product: there is no switch for it in the product itself. */
export interface Mutation {
  readonly name: string;
  /** Below `dist`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly text: string;
  readonly becomes: string;
}

export const MUTATIONS = {
  /** Together with the constraint in the database, on which this clause leans. */
  receiptsUnguarded: {
    name: 'a receipt is written whatever has been received before',
    file: 'db/stores/event-receipts.js',
    text: 'ON CONFLICT (workspace_id, brand_id, event_key) DO NOTHING RETURNING event_id',
    becomes: 'RETURNING event_id',
  },
  answerBeforeCommit: {
    name: 'a click is answered before it is committed',
    file: 'api/hot/click.js',
    text: 'await clicks.add(click);',
    becomes: 'void clicks.add(click).catch(() => undefined);',
  },
  keyOfAttempt: {
    name: 'a postback gets a new key at every attempt',
    file: 'activities/delivery.js',
    text: 'key: attempt.key,',
    becomes: 'key: attempt.key + ":" + attempt.attemptNo,',
  },
} as const satisfies Record<string, Mutation>;

/** A copy of the compiled product with these defects. Throws when a text is not there exactly once. */
export function mutatedCopy(
  distDir: string,
  mutations: readonly Mutation[],
): { distDir: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'clickchain-mutant-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'dist');
    cpSync(distDir, copy, { recursive: true });
    symlinkSync(join(dirname(distDir), 'node_modules'), join(folder, 'node_modules'));
    cpSync(join(dirname(distDir), 'package.json'), join(folder, 'package.json'));
    for (const mutation of mutations) mutate(copy, mutation);
    return { distDir: copy, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function mutate(distDir: string, { name, file, text, becomes }: Mutation): void {
  const path = join(distDir, file);
  const parts = readFileSync(path, 'utf8').split(text);
  if (parts.length !== 2)
    throw new Error(`"${name}": ${file} holds its text ${parts.length - 1} times, not once`);
  writeFileSync(path, parts.join(becomes));
}
