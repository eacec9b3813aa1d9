import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** What a counter knows after one request was counted. */
export type Taken = {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly policy: LimitPolicy;
};

export type LimitPolicy = {
  /** As the headers name it. */
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
};

/** Counts outside this process, in Redis or in the supervisor. Rejects with RateLimiterRes when the share is used up. */
export type SharedCounter = { consume(key: string, units: number): Promise<RateLimiterRes> };

/** After a failure the shared counter is left alone this long: a request must not wait for what is away. */
const LEAVE_ALONE_MS = 1_000;

/** A share of requests per key and window. */
export class KeyLimit {
  private readonly own: RateLimiterMemory;
  private sharedAgainAtMs = 0;

  constructor(
    private readonly policy: LimitPolicy,
    private readonly shared: SharedCounter | null,
    private readonly onSharedLost: (error: unknown) => void = () => undefined,
  ) {
    this.own = new RateLimiterMemory({ points: policy.limit, duration: policy.windowSeconds });
  }

  /**
   * Counts a request of the key, or some units of one; what is larger than the whole share counts as all of it. Never
   * rejects: without the shared counter this process counts by itself.
   */
  async take(key: string, units = 1): Promise<Taken> {
    const points = Math.min(units, this.policy.limit);
    if (this.shared !== null && performance.now() >= this.sharedAgainAtMs) {
      try {
        return await this.counted(this.shared.consume(key, points));
      } catch (error) {
        this.sharedAgainAtMs = performance.now() + LEAVE_ALONE_MS;
        this.onSharedLost(error);
      }
    }
    return this.counted(this.own.consume(key, points));
  }

  private async counted(consumption: Promise<RateLimiterRes>): Promise<Taken> {
    try {
      return this.toTaken(await consumption, true);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return this.toTaken(refusal, false);
    }
  }

  private toTaken(answer: RateLimiterRes, allowed: boolean): Taken {
    const resetSeconds = Math.max(1, Math.ceil(answer.msBeforeNext / 1_000));
    return { allowed, remaining: answer.remainingPoints, resetSeconds, policy: this.policy };
  }
}
