import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyNativeOnce, healSymlinks, locateNativePackage, nativeProgram } from './native-package';

let folder: string;
let native: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickchain-native-'));
  native = join(folder, 'native');
  mkdirSync(join(native, 'lib'), { recursive: true });
  mkdirSync(join(native, 'bin'));
  writeFileSync(join(native, 'lib/libpq.so.5.18'), 'library');
  writeLinks([
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  ]);
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeLinks(links: { source: string; target: string }[]): void {
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
}

describe('healSymlinks', () => {
  it('makes the links that an archive cannot carry, relative, and only once', () => {
    expect(healSymlinks(native)).toEqual({ healed: 2 });
    expect(readlinkSync(join(native, 'lib/libpq.so.5'))).toBe('libpq.so.5.18');
    expect(readFileSync(join(native, 'lib/libpq.so'), 'utf8')).toBe('library');
    expect(healSymlinks(native)).toEqual({ healed: 0 });
  });

  it('replaces a link that leads nowhere', () => {
    symlinkSync('/nowhere', join(native, 'lib/libpq.so'));
    expect(healSymlinks(native)).toEqual({ healed: 2 });
    expect(existsSync(join(native, 'lib/libpq.so'))).toBe(true);
  });

  it('makes no link outside of the package', () => {
    writeLinks([{ source: 'native/lib/libpq.so.5.18', target: '../../elsewhere' }]);
    expect(() => healSymlinks(native)).toThrow('points out of its package');
  });

  it('is content with a package that has no links', () => {
    rmSync(join(native, 'pg-symlinks.json'));
    expect(healSymlinks(native)).toEqual({ healed: 0 });
  });
});

describe('copyNativeOnce', () => {
  it('copies programs and links, and does not touch a copy that is there', () => {
    healSymlinks(native);
    const copy = join(folder, 'copies', 'native-18');
    copyNativeOnce(native, copy);
    expect(readlinkSync(join(copy, 'lib/libpq.so'))).toBe('libpq.so.5.18');
    rmSync(join(copy, 'lib/libpq.so'));
    copyNativeOnce(native, copy);
    expect(existsSync(join(copy, 'lib/libpq.so'))).toBe(false);
    expect(healSymlinks(copy)).toEqual({ healed: 1 });
  });
});

describe('locateNativePackage', () => {
  it('finds the programs of this platform', () => {
    const { nativeDir, version } = locateNativePackage();
    expect(existsSync(nativeProgram(nativeDir, 'postgres'))).toBe(true);
    expect(version).toMatch(/^\d+\.\d+/);
  });
});
