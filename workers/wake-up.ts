/**
 * A bell between the database's notifications and the relay's loop. A ring that comes while nobody waits is kept,
 * so what was committed between two looks is never slept over.
 */
export class WakeUp {
  private rung = false;
  private answer: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.answer?.();
  }

  /** Resolves at the next ring, after `atMostMs`, or when aborted, whichever comes first. */
  async wait(atMostMs: number, signal: AbortSignal): Promise<void> {
    if (!this.rung) await this.pause(atMostMs, signal, true);
    this.rung = false;
  }

  /** Resolves after `ms` or when aborted; a ring ends it only when asked to. */
  async pause(ms: number, signal: AbortSignal, endsAtRing = false): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.answer = null;
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener('abort', finish, { once: true });
      if (endsAtRing) this.answer = finish;
    });
  }
}
