import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeTestDataDir } from '../testing/servers';
import { closeLog, logTrouble, openLog, readLogSince, shortenLogs } from './log-file';

const tooLong = (20 << 20) + 1;

let dataDir: string;
let folder: string;
beforeEach(() => {
  dataDir = makeTestDataDir();
  folder = join(dataDir, 'logs');
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** What a child process that prints writes into the log. */
function printInto(path: string, text: string): number | null {
  const log = openLog(path);
  const { status } = spawnSync(process.execPath, ['-e', `process.stdout.write('${text}\\n')`], {
    stdio: ['ignore', log, log],
  });
  closeLog(log);
  return status;
}

describe('a log', () => {
  it('is written again after its folder was deleted', () => {
    expect(printInto(join(folder, 'api.log'), 'one')).toBe(0);
    rmSync(folder, { recursive: true });
    expect(printInto(join(folder, 'api.log'), 'two')).toBe(0);
    expect(readFileSync(join(folder, 'api.log'), 'utf8')).toBe('two\n');
  });

  it.each([
    ['a folder has its name', () => mkdirSync(join(folder, 'api.log'), { recursive: true })],
    ['a file has the name of its folder', () => writeFileSync(folder, '')],
  ])('keeps nobody from starting when %s', (_what, spoil) => {
    spoil();
    expect(printInto(join(folder, 'api.log'), 'lost')).toBe(0);
    expect(readLogSince(join(folder, 'api.log'), 0)).toBe('');
  });

  it('says why it cannot be written', () => {
    expect(logTrouble(folder)).toBeNull();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    expect(logTrouble(folder)).toMatch(/EEXIST|ENOTDIR/);
  });

  it('that has grown too long is begun anew under the process that writes it', () => {
    const path = join(folder, 'api.log');
    const log = openLog(path);
    if (log === 'ignore') throw new Error('it could not be opened');
    appendFileSync(log, 'x'.repeat(tooLong));
    shortenLogs(folder);
    appendFileSync(log, 'after it\n');
    closeLog(log);
    expect(readFileSync(path, 'utf8')).toBe('after it\n');
    expect(statSync(`${path}.1`).size).toBe(tooLong);
  });

  it('that has grown too long is shortened even where the old one cannot be kept', () => {
    const path = join(folder, 'api.log');
    mkdirSync(join(`${path}.1`, 'in-the-way'), { recursive: true });
    writeFileSync(path, 'x'.repeat(tooLong));
    shortenLogs(folder);
    expect(statSync(path).size).toBe(0);
    expect(existsSync(`${path}.1`)).toBe(true);
  });
});
