import type { ChildProcess } from 'node:child_process';

/** Why a child process ended, for people: `exit code 1`, `signal SIGKILL`, or the reason it never started. */
export type ExitReason = string;

/** Resolves when the child has ended or could not be started. Must be called in the tick that spawned it. */
export function childExit(child: ChildProcess): Promise<ExitReason> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}
