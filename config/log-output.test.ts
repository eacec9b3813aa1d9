import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../testing/until';
import { createLogOutput, type LogOutput } from './log-output';

const BOUND = 200_000;

function outputTo(fd: number): LogOutput {
  return createLogOutput({
    fd,
    maxWaitingBytes: BOUND,
    lossLine: (lost, reason) => `lost ${lost}: ${reason}\n`,
  });
}

/** A pipe whose reader reads when it is told to, and whose writer is told EAGAIN instead of waiting for that. */
function slowPipe(): { fd: number; read(): string; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'clickchain-log-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1 << 20);
  return {
    fd,
    read() {
      try {
        return buffer.toString('utf8', 0, readSync(fd, buffer));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
        throw error;
      }
    },
    close() {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    },
  };
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => `line ${number} ${'.'.repeat(90)}`);

describe('the output of a log', () => {
  let pipe: ReturnType<typeof slowPipe>;
  beforeEach(() => {
    pipe = slowPipe();
  });
  afterEach(() => pipe.close());

  async function readUntil(end: RegExp): Promise<string[]> {
    let text = '';
    await until(`${end} in the log`, async () => {
      text += pipe.read();
      return end.test(text);
    });
    return text.trimEnd().split('\n');
  }

  it('writes what comes, in order and whole, however slowly it is read', async () => {
    const output = outputTo(pipe.fd);
    const lines = numbered(1_500);
    for (const line of lines) output.write(`${line}\n`);
    expect(await readUntil(/line 1499 .*\n/)).toEqual(lines);
  });

  it('keeps a bounded part of what nobody takes, and tells where and how much is missing', async () => {
    const output = outputTo(pipe.fd);
    const lines = numbered(10_000);
    for (const line of lines) output.write(`${line}\n`);
    const first = await readUntil(/lost \d+: \w+\n$/);
    const lost = Number(/lost (\d+): /.exec(first.at(-1) ?? '')?.[1]);
    expect(first.slice(0, -1)).toEqual(lines.slice(0, -lost));
    expect(lost).toBeGreaterThan(7_000);
    output.write('after it\n');
    expect(await readUntil(/after it\n/)).toEqual(['after it']);
  });
});

it('an output that takes nothing at all throws nothing at anybody, neither now nor at the end', async () => {
  // Open for reading only: every write fails, as on a full disk.
  const deaf = openSync(devNull, 'r');
  const output = outputTo(deaf);
  for (let number = 0; number < 10_000; number += 1) output.write(`line ${number} ${'.'.repeat(90)}\n`);
  await new Promise((resolve) => setImmediate(resolve));
  expect(() => process.emit('exit', 0)).not.toThrow();
  // It stays open: the output goes on trying, and its number would soon be that of another test's connection.
});
