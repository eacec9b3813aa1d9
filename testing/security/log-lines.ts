import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { createLogger } from '../../config/logger';

/** A logger of the product, at its most talkative, whose lines are kept. */
export type KeptLog = { readonly logger: Logger; lines(): string[]; text(): string };

export function keepLog(name: string): KeptLog {
  let written = '';
  const logger = createLogger(
    { level: 'trace', name },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString('utf8');
        done();
      },
    }),
  );
  return { logger, text: () => written, lines: () => written.split('\n').filter((line) => line !== '') };
}

/** What a terminal or a reader of lines would obey: every control character but the end of a line. */
const CONTROL = /[^\P{Cc}\n]|[\u2028\u2029]/u;

/** What is wrong with a log: lines that are no JSON object, or hold a character that is obeyed and not shown. */
export function unsafeLines({ lines, text }: KeptLog): string[] {
  const broken = lines().filter((line) => CONTROL.test(line) || !isObject(line));
  return [...broken, ...(CONTROL.test(text()) ? ['a control character'] : [])];
}

function isObject(line: string): boolean {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}
