/** Where a run's text goes: finished lines, and one line of progress that the next one replaces. */
export type Output = {
  line(text?: string): void;
  /** Says what is going on. Shown only once the current step has lasted two seconds, then at a calm pace. */
  progress(text: string): void;
  /** Ends the current step: a shown progress line disappears, the next step's two seconds begin. */
  stepDone(): void;
};

export type OutputStream = {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
};

const QUIET_MS = 2_000;
const TERMINAL_PAUSE_MS = 200;
/** A log file keeps every line, so it gets one only now and then. */
const LOG_PAUSE_MS = 5_000;
const ERASE_LINE = '\r\u001B[2K';

/** On a terminal progress redraws one line in place; elsewhere it is written as plain lines, sparsely. */
export function createOutput(stream: OutputStream, nowMs: () => number = () => performance.now()): Output {
  const terminal = stream.isTTY === true;
  let stepStartedMs = nowMs();
  let shownMs = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const erase = (): void => {
    if (drawn) stream.write(ERASE_LINE);
    drawn = false;
  };
  return {
    line: (text = '') => {
      erase();
      stream.write(`${text}\n`);
    },
    progress: (text) => {
      const now = nowMs();
      if (now - stepStartedMs < QUIET_MS) return;
      if (now - shownMs < (terminal ? TERMINAL_PAUSE_MS : LOG_PAUSE_MS)) return;
      shownMs = now;
      const seconds = Math.round((now - stepStartedMs) / 1_000);
      if (!terminal) {
        stream.write(`  … ${text} (${seconds} s)\n`);
        return;
      }
      stream.write(
        `${ERASE_LINE}  … ${text} (${seconds} s)`.slice(0, ERASE_LINE.length + (stream.columns ?? 80) - 1),
      );
      drawn = true;
    },
    stepDone: () => {
      erase();
      stepStartedMs = nowMs();
      shownMs = Number.NEGATIVE_INFINITY;
    },
  };
}
