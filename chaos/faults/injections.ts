import type { FaultId } from '../catalog';
import type { Inject } from './arena';
import { changedSetUp } from './changes';
import { oldClicks, wrongClock } from './clocks';
import { otherCode } from './deploys';
import { noDescriptors } from './descriptors';
import { badManners } from './destinations';
import { fullDisk } from './disk';
import { lostTemporal } from './lost-temporal';
import { brokenCalls, flappingNetwork } from './network';
import { poisoned } from './poison';
import { postgresTrouble } from './postgres';
import { away, frozen, frozenForLong, killed, killedAtPoint } from './processes';
import { heavyReaders } from './readers';
import { disorderly, overload, repeating } from './visitors';

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
  F10: fullDisk,
  F11: badManners,
  F12: badManners,
  F13: badManners,
  F14: badManners,
  F15: repeating,
  F16: disorderly,
  F17: oldClicks('late'),
  F18: wrongClock,
  F19: poisoned,
  F20: overload,
  F21: oldClicks('usual'),
  F22: otherCode,
  F23: changedSetUp,
  F24: noDescriptors,
  F25: flappingNetwork,
  F26: frozenForLong,
  F27: heavyReaders,
  W: lostTemporal,
};
