import type { FaultId } from '../catalog';
import type { Inject } from './arena';
import { changedSetUp } from './changes';
import { oldClicks, wrongClock } from './clocks';
import { badManners } from './destinations';
import { brokenCalls, flappingNetwork } from './network';
import { postgresTrouble } from './postgres';
import { away, frozen, killed, killedAtPoint } from './processes';
import { disorderly, overload, repeating } from './visitors';
import { wipedTemporal } from './wipe';

/** How each fault of the catalog comes about. */
export const INJECTIONS: Readonly<Record<FaultId, Inject>> = {
  F1: killed('api'),
  F2: killedAtPoint,
  F3: (arena, step) => (step.variant === 'kill' ? killed('worker') : killedAtPoint)(arena, step),
  F4: away('worker'),
  F5: away('temporal'),
  F6: brokenCalls,
  F7: killed('postgres'),
  F8: postgresTrouble,
  F9: frozen('postgres'),
  F11: badManners,
  F12: badManners,
  F13: badManners,
  F14: badManners,
  F15: repeating,
  F16: disorderly,
  F17: oldClicks('late'),
  F18: wrongClock,
  F20: overload,
  F21: oldClicks('usual'),
  F23: changedSetUp,
  F25: flappingNetwork,
  W: wipedTemporal,
};
