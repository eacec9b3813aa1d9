import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const repositoryRoot = path.resolve(__dirname, '..');

/** The rooms of the repository. A folder that is missing yet is skipped, so that a room may be added later. */
const ROOMS = [
  'api',
  'workflows',
  'activities',
  'workers',
  'domain',
  'db',
  'clients',
  'embedded',
  'simulator',
  'cli',
  'config',
  'testing',
  'dashboard',
  'examples',
  'bench',
  'chaos',
];

const SOURCE = /\.(ts|tsx|js|cjs|mjs)$/;

/** Recorded workflow histories are data: their names and sizes follow what was recorded. */
const RECORDED = 'testing/histories/';

export interface SourceFile {
  /** Relative to the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every source file of every room, sorted by path. */
export function readSourceFiles(): SourceFile[] {
  return ROOMS.filter((room) => existsSync(path.join(repositoryRoot, room)))
    .flatMap((room) => walk(room))
    .filter((file) => SOURCE.test(file) && !file.startsWith(RECORDED))
    .sort()
    .map((file) => ({ path: file, text: readRepositoryFile(file) }));
}

/** The text of one file, by its path relative to the repository root; throws when it does not exist. */
export function readRepositoryFile(relativePath: string): string {
  return readFileSync(path.join(repositoryRoot, relativePath), 'utf8');
}

function walk(folder: string): string[] {
  return readdirSync(path.join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const child = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(child) : [child];
  });
}
