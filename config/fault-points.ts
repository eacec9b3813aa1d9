import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where a process of a chaos run may be made to die, as `kill -9` would: named after what has just been done. */
export const FAULT_POINTS = [
  'click-before-insert',
  'click-after-commit',
  'event-before-insert',
  'event-after-commit',
  'relay-mid-batch',
  'postback-before-send',
  'postback-after-answer',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

let pass: (point: FaultPoint) => void = nothing;

/** Does nothing in any process that was not started with CLICKCHAIN_FAULT_POINTS, which production refuses. */
export function faultPoint(point: FaultPoint): void {
  pass(point);
}

/**
 * Lets the process die at points from now on. A point is armed by a file of its name in the folder; the first process
 * that passes it removes the file and dies, so each arming kills once. Without a folder nothing is changed.
 */
export function armFaultPoints(
  folder: string | null,
  die: () => void = () => process.kill(process.pid, 'SIGKILL'),
): void {
  if (folder === null) return;
  pass = (point) => {
    const file = join(folder, point);
    if (!existsSync(file)) return;
    try {
      rmSync(file);
    } catch {
      // Another process was faster and dies in our place.
      return;
    }
    die();
  };
}

function nothing(): void {
  // Production.
}
