import { isCancellation } from '@temporalio/workflow';
import type { PostbackId } from '../domain/ids';
import { deliver } from './steps';

/**
 * Postbacks under way. They run beside the events: a partner who is away for two days must not hold up the next
 * event of the same player, only the end of the workflow.
 */
export class Deliveries {
  private inFlight = 0;

  start(postbackIds: readonly PostbackId[]): void {
    for (const postbackId of postbackIds) {
      this.inFlight += 1;
      deliver(postbackId).then(
        () => {
          this.inFlight -= 1;
        },
        (error: unknown) => {
          // A cancelled workflow ends by itself; anything else is a bug and fails the workflow task visibly.
          if (!isCancellation(error)) throw error;
        },
      );
    }
  }

  get areDone(): boolean {
    return this.inFlight === 0;
  }
}
