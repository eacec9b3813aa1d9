export interface Reporter {
  /** One finished line. */
  line(text: string): void;
  /**
   * Runs a step and shows it: one line when it is done, and a sign of life with the elapsed time when it takes longer
   * than two seconds. `work` may refine what is shown; what it returns is passed on, and so are its errors.
   */
  step<Result>(name: string, work: (update: (detail: string) => void) => Promise<Result>): Promise<Result>;
}

interface ReporterOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const quietMs = 2_000;
const ttyEveryMs = 1_000;
// A log file needs a sign of life, but not one per second.
const fileEveryMs = 5_000;

/** Writes to a terminal by rewriting one line, and to anything else by adding lines. */
export function createReporter(output: ReporterOutput): Reporter {
  const tty = output.isTTY === true;
  const end = tty ? '\x1b[K\n' : '\n';

  return {
    // On a terminal the line of a running step may stand there.
    line: (text) => void output.write(`${tty ? '\r' : ''}${text}${end}`),
    async step(name, work) {
      const startedAt = Date.now();
      let detail = '';
      const text = () => `${name}${detail === '' ? '' : ` (${detail})`}`;
      const show = () => {
        const elapsed = `${Math.round((Date.now() - startedAt) / 1000)} s`;
        output.write(tty ? `\r  ${text()} … ${elapsed}\x1b[K` : `  ${text()} … ${elapsed}\n`);
      };
      let repeat: NodeJS.Timeout | undefined;
      const first = setTimeout(() => {
        show();
        repeat = setInterval(show, tty ? ttyEveryMs : fileEveryMs);
      }, quietMs);
      const finish = (mark: string) => {
        clearTimeout(first);
        clearInterval(repeat);
        const seconds = (Date.now() - startedAt) / 1000;
        const took = seconds < 0.1 ? '' : ` ${seconds.toFixed(1)} s`;
        output.write(`${tty ? '\r' : ''}${mark} ${text()}${took}${end}`);
      };
      try {
        const result = await work((next) => {
          detail = next;
        });
        finish('✓');
        return result;
      } catch (error) {
        finish('✗');
        throw error;
      }
    },
  };
}

/** Shows nothing; for tests and for callers that do not care. */
export const silentReporter: Reporter = {
  line: () => undefined,
  step: (_name, work) => work(() => undefined),
};
