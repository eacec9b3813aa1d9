import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What a person types, or a file holds, line by line. */
export type Choices = {
  /** The next line; null at the end of the input. Throws when the walk is aborted meanwhile. */
  next(): Promise<string | null>;
  close(): void;
};

/** Lines that come before anybody asks are kept. */
export function readChoices(input: Readable, signal: AbortSignal): Choices {
  // The terminal edits and echoes the line by itself.
  const lines = createInterface({ input, terminal: false });
  const iterator = lines[Symbol.asyncIterator]();
  const close = (): void => lines.close();
  signal.addEventListener('abort', close, { once: true });
  return {
    next: async () => {
      const line = await iterator.next();
      signal.throwIfAborted();
      return line.done === true ? null : line.value;
    },
    close: () => {
      signal.removeEventListener('abort', close);
      close();
    },
  };
}
