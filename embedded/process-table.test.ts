import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProcesses, hasOption, processIdentity, stopProcess, waitUntilGone } from './process-table';

const marker = `marker-${process.pid}`;

/** A Node.js process that says when it runs. */
async function startNode(script: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${script};process.stdout.write('up')`, marker], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

describe('the process table', () => {
  it('tells a running process from one that has ended', async () => {
    const child = await startNode('setInterval(() => 0, 1000)');
    const pid = child.pid ?? 0;
    expect(processIdentity(pid)).toEqual(expect.any(String));
    expect(processIdentity(pid)).toBe(processIdentity(pid));
    expect(findProcesses((argv) => argv.includes(marker)).map((entry) => entry.pid)).toContain(pid);
    await stopProcess(pid, 'SIGTERM', 5_000);
    expect(processIdentity(pid)).toBeNull();
    expect(findProcesses((argv) => argv.includes(marker))).toEqual([]);
  });

  it('kills a process that does not listen', async () => {
    const child = await startNode(`process.on('SIGTERM', () => 0);setInterval(() => 0, 1000)`);
    const exited = once(child, 'exit');
    await stopProcess(child.pid ?? 0, 'SIGTERM', 100);
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  it('does not mind a process that has gone', async () => {
    const child = await startNode('0');
    const pid = child.pid ?? 0;
    expect(await waitUntilGone(pid, 5_000)).toBe(true);
    await stopProcess(pid, 'SIGTERM', 100);
  });

  it('finds an option with its value, and not another value that begins alike', () => {
    const argv = ['postgres', '-D', '/data/one', '-c', 'port=1'];
    expect(hasOption(argv, '-D', '/data/one')).toBe(true);
    expect(hasOption(argv, '-D', '/data/on')).toBe(false);
    expect(hasOption(argv, '-D', '/data')).toBe(false);
    expect(hasOption(['postgres', '-D', '/my', 'data'], '-D', '/my data')).toBe(true);
  });
});
