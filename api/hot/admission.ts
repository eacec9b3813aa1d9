import { SECOND_MS } from '../../domain/time';

/** Whether one more may come in. */
export type Admission = { admit(nowMs: number): boolean };

/** What may come at once after a pause. Short, so that an overload reaches Postgres at the rate from its beginning. */
const BURST_MS = 250;

/** A bucket that holds a quarter of a second's worth and fills evenly. `perSecond` 0 admits everything. */
export function createAdmission(perSecond: number): Admission {
  if (perSecond === 0) return { admit: () => true };
  const capacity = Math.max(1, (perSecond * BURST_MS) / SECOND_MS);
  let tokens = capacity;
  let filledAtMs = Number.NaN;
  return {
    admit: (nowMs) => {
      // A clock that was set back fills nothing and takes nothing away.
      const elapsedMs = nowMs > filledAtMs ? nowMs - filledAtMs : 0;
      filledAtMs = nowMs;
      tokens = Math.min(capacity, tokens + (elapsedMs * perSecond) / SECOND_MS);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
