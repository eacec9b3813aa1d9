import { setTimeout as delay } from 'node:timers/promises';
import { ambiguous, busy, endless, gone, type Manner, permanent } from '../sink/manners';
import type { Inject } from './arena';

const MANNERS: Readonly<Record<string, Manner>> = { ambiguous, busy, endless, gone, permanent };

/** F11–F14: the destinations answer in a bad manner, or nobody listens. Who was refused for good is asked again later. */
export const badManners: Inject = async ({ sink }, { variant, holdMs }) => {
  if (variant === 'refused') {
    await sink.leave();
    await delay(holdMs);
    await sink.comeBack();
    return;
  }
  const manner = MANNERS[variant];
  if (manner === undefined) throw new Error(`there is no manner ${variant}`);
  sink.behave(manner);
  await delay(holdMs);
  sink.calm();
};
