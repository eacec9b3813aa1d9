import type { Machine } from '../instance/machine';
import type { LoggingSink } from '../sink/logging-sink';
import type { Admin } from '../traffic/admin';
import type { SetUp } from '../traffic/set-up';
import type { Traffic } from '../traffic/traffic';

/** What a fault may lay hands on. */
export interface Arena {
  readonly machine: Machine;
  readonly sink: LoggingSink;
  readonly traffic: Traffic;
  readonly admin: Admin;
  readonly setUp: SetUp;
  /** Faults that this machine does not allow, and why. */
  readonly notPlayed: string[];
  /** Set once the database of Temporal has been deleted. */
  temporalWasLost: boolean;
}

/** Breaks something, waits, and mends it. What breaks by itself afterwards is the product's to mend. */
export type Inject = (
  arena: Arena,
  step: { readonly variant: string; readonly holdMs: number },
) => Promise<void>;
