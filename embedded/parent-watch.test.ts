import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { waitUntilGone } from './process-table';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickchain-watch-'));
  const source = readFileSync(join(__dirname, 'parent-watch.ts'), 'utf8');
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  writeFileSync(join(folder, 'parent-watch.js'), code);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A supervisor that forks `child` and dies by kill -9; resolves with the pid of the child. */
async function orphan(child: string): Promise<number> {
  writeFileSync(join(folder, 'child.js'), child);
  const options = `{ execArgv: ['--require', './parent-watch.js'], detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }`;
  const script = `require('child_process').fork('./child.js', [], ${options}).on('message', (pid) => process.stdout.write(String(pid)))`;
  const supervisor = spawn(process.execPath, ['-e', script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
  supervisor.kill('SIGKILL');
  return Number(line.toString());
}

const living = `setInterval(() => 0, 1000); process.send(process.pid);`;

describe('a supervised child whose supervisor was killed', () => {
  it('ends', async () => {
    expect(await waitUntilGone(await orphan(living), 5_000)).toBe(true);
  });

  it('ends as orderly as on SIGTERM', async () => {
    const finish = `process.on('SIGTERM', () => { require('fs').writeFileSync('./orderly', ''); process.exit(0); });`;
    expect(await waitUntilGone(await orphan(finish + living), 5_000)).toBe(true);
    expect(readFileSync(join(folder, 'orderly'), 'utf8')).toBe('');
  });
});
