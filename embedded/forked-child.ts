import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { childExit } from './child-exit';
import { closeLog, openLog } from './log-file';
import { findProcesses, stopProcess } from './process-table';
import type { RunningUnit } from './supervisor';

export interface ForkedChild {
  /** The compiled script. */
  readonly entry: string;
  /** The compiled parent-watch. */
  readonly preload: string;
  readonly nodeFlags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly dataDir: string;
  readonly logFile: string;
}

// Requests in flight and running activities end well within this.
const graceMs = 10_000;

function dataDirArgument(dataDir: string): string {
  return `--data-dir=${dataDir}`;
}

/** Starts a Node.js process that ends together with this one. Its data folder shows in the process list. */
export function startForkedChild(child: ForkedChild): RunningUnit {
  if (!existsSync(child.entry)) throw new Error(`${child.entry} is missing; run \`npm run build\``);
  const log = openLog(child.logFile);
  const process_ = fork(child.entry, [dataDirArgument(child.dataDir)], {
    env: child.env,
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: ['--enable-source-maps', ...child.nodeFlags, '--require', child.preload],
    // Its own process group: Ctrl+C in the terminal must reach the supervisor only, which stops in order.
    detached: true,
  });
  closeLog(log);
  const exited = childExit(process_);
  const pid = process_.pid ?? 0;
  return {
    pid,
    exited,
    stop: async () => {
      if (process_.exitCode !== null || process_.signalCode !== null) return;
      await stopProcess(pid, 'SIGTERM', graceMs);
      await exited;
    },
  };
}

/** Ends children of an earlier run of this data folder that did not notice the end of their supervisor. */
export async function clearForkedOrphans(entries: readonly string[], dataDir: string): Promise<number[]> {
  const argument = dataDirArgument(dataDir);
  const orphans = findProcesses(
    (argv) => argv.includes(argument) && entries.some((entry) => argv.includes(entry)),
  );
  await Promise.all(orphans.map((orphan) => stopProcess(orphan.pid, 'SIGTERM', graceMs)));
  return orphans.map((orphan) => orphan.pid);
}
