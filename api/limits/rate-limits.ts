import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from '../../config/config';
import { clientAddress, trustedProxies } from '../client-address';
import { AuthFailures } from './auth-failures';
import { KeyLimit, type LimitPolicy } from './key-limit';
import { createSharedCounters } from './shared-counters';
import { createVisitorLimit, type VisitorLimit } from './visitor-limit';

/** Every limit per key and per address. Null where the configuration sets none. */
export type RateLimits = {
  /** Of a key on `/v1`. */
  readonly requests: KeyLimit | null;
  /** Of a key or signing source that reports. */
  readonly events: KeyLimit | null;
  readonly visitors: VisitorLimit;
  readonly failures: AuthFailures;
  /** Whose request it is, as far as trusted proxies say so. */
  addressOf(req: IncomingMessage): string | null;
  stop(): void;
};

/**
 * The limits of the configuration. With Redis, or under a supervisor, keys are counted across processes. `isStrained`
 * tells when the process falls behind.
 */
export function createRateLimits(config: Config, logger: Logger, isStrained?: () => boolean): RateLimits {
  const { limits } = config;
  const shared = createSharedCounters(config.redisUrl, logger);
  const proxies = trustedProxies(config.trustedProxies);
  const keyLimit = (name: string, limit: number, windowSeconds: number): KeyLimit | null => {
    if (limit === 0) return null;
    const policy: LimitPolicy = { name, limit, windowSeconds };
    return new KeyLimit(policy, shared.counter(policy), (error) =>
      logger.debug({ err: error, limit: name }, 'counted by this process alone'),
    );
  };
  return {
    requests: keyLimit('requests', limits.keyRequestsPerMinute, 60),
    events: keyLimit('events', limits.keyEventsPerSecond, 1),
    visitors: createVisitorLimit(limits.addressRequestsPerSecond, isStrained),
    failures: new AuthFailures(limits.addressAuthFailuresPerMinute),
    addressOf: (req) => clientAddress(req, proxies),
    stop: shared.stop,
  };
}
