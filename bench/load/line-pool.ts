import type { HttpAnswer } from './http-answer';
import { type Address, HttpLine } from './http-line';

/** Kept connections that take turns. What finds none free waits, first come first served. */
export type LinePool = {
  /** Null: the connection failed. */
  exchange(request: string): Promise<HttpAnswer | null>;
  close(): void;
};

/** Opens as many connections as are wanted at once, at most `most`. */
export function createLinePool(address: Address, most: number): LinePool {
  const free: HttpLine[] = [];
  const all: HttpLine[] = [];
  const waiting: ((line: HttpLine) => void)[] = [];

  const take = (): Promise<HttpLine> => {
    const line = free.pop();
    if (line !== undefined) return Promise.resolve(line);
    if (all.length >= most) return new Promise((resolve) => waiting.push(resolve));
    const opened = new HttpLine(address);
    all.push(opened);
    return Promise.resolve(opened);
  };
  const giveBack = (line: HttpLine): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(line);
    else next(line);
  };

  return {
    exchange: async (request) => {
      const line = await take();
      return new Promise((resolve) => {
        line.send(request, (answer) => {
          giveBack(line);
          resolve(answer);
        });
      });
    },
    close: () => {
      for (const line of all) line.close();
    },
  };
}
