/**
 * Lets a command go on when nobody can hear it any more: the terminal was closed, the reader of a pipe has ended, the
 * disk under a file is full. What a command says only tells of what it does.
 */
export function outliveOutput(
  streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr],
): void {
  for (const stream of streams) stream.on('error', () => undefined);
}

/** The one place where the command line writes; everything that a command says goes through here. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The sentence of an error that a user can act on; the stack only when it is a defect of ours. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const defect = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return defect ? (error.stack ?? error.message) : error.message;
}
