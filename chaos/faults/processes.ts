import { setTimeout as delay } from 'node:timers/promises';
import { FAULT_POINTS, type FaultPoint } from '../../config/fault-points';
import type { ProcessName } from '../instance/instance';
import type { Arena, Inject } from './arena';
import { expectBack, expectGoesOn } from './serving';

const ARM_AGAIN_MS = 2_000;

/** F1, F7: the process is killed once, and its supervisor brings it back. */
export function killed(name: ProcessName): Inject {
  return async ({ machine }, { holdMs }) => {
    await machine.kill(name);
    await delay(holdMs);
  };
}

/** F2, F3: whoever passes the point dies there; armed again and again, because others pass it, too. */
export const killedAtPoint: Inject = async ({ machine }, { variant, holdMs }) => {
  const point = FAULT_POINTS.find((known): known is FaultPoint => known === variant);
  if (point === undefined) throw new Error(`there is no fault point ${variant}`);
  const endsAtMs = Date.now() + holdMs;
  while (Date.now() < endsAtMs) {
    machine.arm(point);
    await delay(Math.min(ARM_AGAIN_MS, Math.max(0, endsAtMs - Date.now())));
  }
  machine.disarm(point);
};

/** F4, F5: gone for a while, killed as often as it comes back, or frozen with all its connections open. */
export function away(name: ProcessName): Inject {
  return async (arena, { variant, holdMs }) => {
    await (variant === 'frozen'
      ? frozen(name)(arena, { variant, holdMs })
      : killedForLong(arena, name, holdMs));
  };
}

async function killedForLong({ machine }: Arena, name: ProcessName, holdMs: number): Promise<void> {
  const endsAtMs = Date.now() + holdMs;
  while (Date.now() < endsAtMs) {
    await machine.kill(name);
    await delay(200);
  }
}

/** F26: as long as somebody's attention, a paused virtual machine or a disk that hangs may last. */
export const frozenForLong: Inject = async (arena, step) => {
  const name = PROCESSES.find((known): known is ProcessName => known === step.variant);
  if (name === undefined) throw new Error(`there is no process ${step.variant}`);
  const freeze = () => frozen(name)(arena, step);
  const fault = `a ${name} that is frozen for long`;
  if (name === 'worker' || name === 'temporal') await expectGoesOn(arena.traffic, fault, freeze, step.holdMs);
  else await freeze();
  await expectBack(arena.traffic, fault);
};

const PROCESSES: readonly ProcessName[] = ['api', 'worker', 'temporal', 'postgres'];

/** F9, too. */
export function frozen(name: ProcessName): Inject {
  return async ({ machine }, { holdMs }) => {
    await machine.signal(name, 'SIGSTOP');
    try {
      await delay(holdMs);
    } finally {
      await machine.signal(name, 'SIGCONT');
    }
  };
}
