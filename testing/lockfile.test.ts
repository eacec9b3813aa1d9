import { readRepositoryFile } from './source-files';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readRepositoryFile('package-lock.json'));
const manifest: LockedPackage = JSON.parse(readRepositoryFile('package.json'));
const nameOf = (location: string) => location.split('node_modules/').at(-1) ?? location;

/** Every installed package; the entry of the project itself has an empty location. */
const packages = Object.entries(lock.packages).filter(([location]) => location !== '');

/** Licences that ask for nothing but notice. A new one is a decision, made here. */
const LICENCES = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'Apache-2.0 AND MIT',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Unlicense',
  'BlueOak-1.0.0',
]);

const LICENCE_EXCEPTIONS: Readonly<Record<string, string>> = {
  'caniuse-lite': 'CC-BY-4.0 data, read by the workflow bundler and not part of what is served',
  unionfs: 'ships the Unlicense text and names no licence in its manifest',
};

describe('package-lock.json', () => {
  // npm writes an incomplete lock without a word when the registry lacks a platform's binary; then `npm ci` fails elsewhere.
  test('holds every optional package of every platform', () => {
    const locked = new Set(packages.map(([location]) => nameOf(location)));
    const missing = packages.flatMap(([, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter((name) => !locked.has(name)),
    );
    expect(missing).toEqual([]);
  });

  test('proves every package by its hash, and points to no private registry', () => {
    expect(
      packages.filter(([, entry]) => entry.integrity === undefined).map(([location]) => location),
    ).toEqual([]);
    const elsewhere = packages.filter(
      ([, entry]) =>
        !(entry.resolved ?? 'https://registry.npmjs.org/').startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere.map(([location]) => location)).toEqual([]);
  });

  test('agrees with package.json', () => {
    const root = lock.packages[''];
    expect(root?.dependencies).toEqual(manifest.dependencies);
    expect(root?.optionalDependencies).toEqual(manifest.optionalDependencies);
    expect(root?.devDependencies).toEqual(manifest.devDependencies);
  });

  // The SDK's packages share internal interfaces: mixed versions load, and then fail at run time.
  test('pins all @temporalio packages to one exact version', () => {
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) =>
      name.startsWith('@temporalio/'),
    );
    const versions = new Set(asked.map(([, version]) => version));
    expect(asked.length).toBeGreaterThanOrEqual(5);
    expect([...versions]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    const installed = packages.filter(([location]) => nameOf(location).startsWith('@temporalio/'));
    expect(new Set(installed.map(([, entry]) => entry.version))).toEqual(versions);
  });

  test('brings only licences that were decided upon into production', () => {
    const undecided = packages
      .filter(([, entry]) => entry.dev !== true && !LICENCES.has(entry.license ?? ''))
      .map(([location]) => nameOf(location));
    expect(new Set(undecided)).toEqual(new Set(Object.keys(LICENCE_EXCEPTIONS)));
  });
});
