import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTestDataDir } from '../../testing/servers';
import { setAside } from '../set-aside';
import { DATABASE_SUFFIXES, damageAtStart, damageIn, lookAtDatabase } from './database-file';

let folder: string;
let path: string;
beforeEach(() => {
  folder = makeTestDataDir();
  path = join(folder, 'temporal.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a look at the database of Temporal', () => {
  it('knows what is missing from what is damaged from what may be sound', () => {
    expect(lookAtDatabase(path)).toEqual({ state: 'missing' });
    writeFileSync(path, '');
    expect(lookAtDatabase(path)).toEqual({ state: 'damaged', reason: 'it is empty' });
    writeFileSync(path, 'SQLite');
    expect(lookAtDatabase(path)).toEqual({ state: 'damaged', reason: 'it is no SQLite database' });
    writeFileSync(path, 'SQLite format 3\0 and more');
    expect(lookAtDatabase(path)).toEqual({ state: 'sound' });
    rmSync(path);
    mkdirSync(path);
    expect(lookAtDatabase(path)).toEqual({ state: 'damaged', reason: 'it is no file' });
  });

  it('says plainly what may not be read, and does not call it damaged', () => {
    writeFileSync(path, 'SQLite format 3\0', { mode: 0o000 });
    // Root may read everything.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(() => lookAtDatabase(path)).toThrow(`${path} cannot be read and written by this user (EACCES)`);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect(readdirSync(folder)).toEqual(['temporal.sqlite']);
  });

  it('tells damage from whatever else keeps a server from starting', () => {
    const failing = (why: string): string => `level=ERROR msg="failed starting server: ${why}"`;
    expect(damageAtStart(failing('file is not a database (26)'))).toBe('file is not a database (26)');
    expect(damageAtStart(failing('database disk image is malformed (11)'))).toContain('malformed');
    expect(damageAtStart(failing('SQL logic error: no such table: namespaces (1)'))).toContain('namespaces');
    for (const other of [
      'listen tcp 127.0.0.1:7233: bind: address already in use',
      'database or disk is full (13)',
      'disk I/O error (10)',
      'attempt to write a readonly database (8)',
      'database is locked (5)',
    ]) {
      expect(damageAtStart(failing(other))).toBeNull();
    }
    expect(damageIn(failing('no such table: namespaces (1)'))).toBeNull();
  });
});

it('what is set aside keeps its parts together, under names that belong to each other', () => {
  for (const suffix of ['', '-wal', '.other']) writeFileSync(`${path}${suffix}`, suffix);
  const aside = setAside(path, DATABASE_SUFFIXES) ?? '';
  expect(
    readdirSync(folder)
      .map((name) => join(folder, name))
      .sort(),
  ).toEqual([`${path}.other`, aside, `${aside}-wal`].sort());
  expect(readFileSync(`${aside}-wal`, 'utf8')).toBe('-wal');
  expect(setAside(path, DATABASE_SUFFIXES)).toBeNull();
});
