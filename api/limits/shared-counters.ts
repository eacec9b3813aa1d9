import cluster from 'node:cluster';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimiterCluster, RateLimiterRedis } from 'rate-limiter-flexible';
import type { LimitPolicy, SharedCounter } from './key-limit';

/** Redis on the same network answers within one; whoever is slower is away. */
const ANSWER_WITHIN_MS = 200;
const CONNECT_WITHIN_MS = 1_000;
const LONGEST_RECONNECT_MS = 2_000;

/** Where several processes count together. */
export type SharedCounters = {
  counter(policy: LimitPolicy): SharedCounter | null;
  stop(): void;
};

/** In Redis when there is one, else in the supervisor of this process's siblings, else nowhere. */
export function createSharedCounters(redisUrl: string | null, logger: Logger): SharedCounters {
  if (redisUrl !== null) return countersInRedis(redisUrl, logger);
  return { counter: cluster.isWorker ? counterInSupervisor : () => null, stop: () => undefined };
}

function countersInRedis(redisUrl: string, logger: Logger): SharedCounters {
  const redis = new Redis(redisUrl, {
    connectTimeout: CONNECT_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    disconnectTimeout: ANSWER_WITHIN_MS,
    maxRetriesPerRequest: 0,
    // A command for a Redis that is away fails at once instead of waiting for its return.
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(times * 100, LONGEST_RECONNECT_MS),
  });
  let isAway = false;
  redis.on('error', (error: unknown) => {
    if (!isAway) logger.warn({ err: error }, 'redis is away: every process counts requests by itself');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('redis is back');
    isAway = false;
  });
  return {
    counter: ({ name, limit, windowSeconds }) =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `clickchain:${name}`,
        points: limit,
        duration: windowSeconds,
        rejectIfRedisNotReady: true,
      }),
    stop: () => redis.disconnect(),
  };
}

function counterInSupervisor({ name, limit, windowSeconds }: LimitPolicy): SharedCounter {
  return new RateLimiterCluster({
    keyPrefix: name,
    points: limit,
    duration: windowSeconds,
    timeoutMs: ANSWER_WITHIN_MS,
  });
}
