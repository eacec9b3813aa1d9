import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquirePidLock } from './pid-lock';
import { processIdentity } from './process-table';

describe('acquirePidLock', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clickchain-lock-'));
    path = join(folder, 'instance.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one holder in, names it to the next, and lets that one in after the release', () => {
    const first = acquirePidLock(path);
    expect(first.outcome).toBe('acquired');
    expect(acquirePidLock(path)).toEqual({ outcome: 'held', pid: process.pid });
    if (first.outcome === 'acquired') first.release();
    expect(acquirePidLock(path).outcome).toBe('acquired');
  });

  it.each([
    ['a process that has ended', { pid: 2 ** 22 - 3, identity: 'gone' }],
    ['an earlier process whose pid another one has now', { pid: process.pid, identity: 'an earlier start' }],
    ['nobody readable', 'half a l'],
  ])('takes over the lock of %s', (_who, content) => {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    expect(acquirePidLock(path).outcome).toBe('acquired');
    expect(readdirSync(folder)).toEqual(['instance.lock']);
  });

  it('does not release a lock that somebody else has taken over', () => {
    const first = acquirePidLock(path);
    const other = JSON.stringify({ pid: process.ppid, identity: processIdentity(process.ppid) });
    writeFileSync(path, other);
    if (first.outcome === 'acquired') first.release();
    expect(acquirePidLock(path)).toEqual({ outcome: 'held', pid: process.ppid });
  });
});
