import type { IncomingMessage, ServerResponse } from 'node:http';
import { hashApiKey } from '../../db/new-secret';
import type { AppDeps } from '../deps';
import { addressBlock } from '../limits/address-block';
import { isSigned, keyCaller, sourceCaller } from '../limits/caller';
import { bearerKey } from '../middleware/authenticate';
import type { Locals } from '../middleware/locals';

/** Of one address, while nobody has been proved: a fifth of what a process works on at once. */
const IN_FLIGHT_MAX = 100;

/** Keeps what proves nobody from taking the room of those who are known. */
export type Strangers = {
  /** Takes a request in and gives it back when it ends; false when its address has had its share. */
  admit(req: IncomingMessage, res: ServerResponse): boolean;
};

/**
 * Whoever was accepted before passes. Everybody else is counted by address: while a request is on its way, because a
 * body that trickles in holds a place; and at its end, unless it has proved somebody by then, because also a refusal is
 * work.
 */
export function createStrangers({ limits, clock }: AppDeps, inFlightMax = IN_FLIGHT_MAX): Strangers {
  const inFlight = new Map<string, number>();
  const isKnown = (req: IncomingMessage, address: string | null): boolean => {
    const key = bearerKey(req);
    if (key !== null && limits.failures.isKnown(keyCaller(hashApiKey(key)))) return true;
    const source = isSigned(req) ? sourceNamed(req) : null;
    return source !== null && limits.failures.isKnown(sourceCaller(source, address));
  };
  return {
    admit: (req, res) => {
      const address = limits.addressOf(req);
      const block = addressBlock(address);
      if (block === null || isKnown(req, address)) return true;
      const others = inFlight.get(block) ?? 0;
      if (others >= inFlightMax || limits.visitors.isFull(address, clock.nowMs())) return false;
      inFlight.set(block, others + 1);
      res.once('close', () => {
        const left = (inFlight.get(block) ?? 1) - 1;
        if (left > 0) inFlight.set(block, left);
        else inFlight.delete(block);
        const { principal, isCounted } = (res as { locals?: Locals }).locals ?? {};
        if (principal === undefined && isCounted !== true) limits.visitors.take(address, clock.nowMs());
      });
      return true;
    },
  };
}

function sourceNamed({ url = '' }: IncomingMessage): string | null {
  return /[?&]source=([^&]*)/.exec(url)?.[1] ?? null;
}
