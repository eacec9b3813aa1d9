import { write, writeSync } from 'node:fs';

/** As much as waits for a full disk or a reader that does not read; what comes then is lost, and counted. */
const MAX_WAITING_BYTES = 1 << 20;
const BATCH_BYTES = 64 << 10;
const TRY_AGAIN_MS = 250;
/** An output that has not taken a batch for so long takes none at the end of the process either. */
const STUCK_AFTER_MS = 1_000;

export type LogOutput = {
  /** Never throws, never waits. */
  write(line: string): void;
};

export type LogOutputOptions = {
  readonly fd: number;
  /** The line that tells, once lines go through again, how many did not, and why. */
  lossLine(lost: number, reason: string): string;
  readonly maxWaitingBytes?: number;
};

/**
 * Writes lines in order and whole. A log only tells, so nothing that is wrong with its output may reach the process: a
 * full disk, a reader that is slow or gone, a terminal that was closed. Lines wait meanwhile, up to a bound; those beyond
 * are dropped. pino's own destination throws out of the event loop in all these cases, and sleeps in a loop at the end
 * of the process until there is room.
 */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const output = new WaitingLines(options);
  process.on('exit', () => output.flush());
  return output;
}

class WaitingLines {
  private readonly maxWaitingBytes: number;
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private lost = 0;
  private reason = 'slow output';
  /** Since when the output has not come to an end with a batch; null when it has none. */
  private busySince: number | null = null;
  /** The first of those that wait is being written just now. */
  private isUnderWay = false;

  constructor(private readonly options: LogOutputOptions) {
    this.maxWaitingBytes = options.maxWaitingBytes ?? MAX_WAITING_BYTES;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.waitingBytes + bytes.length > this.maxWaitingBytes) {
      this.lost += 1;
      return;
    }
    // Where they are missing, once there is room again.
    this.tellLoss();
    this.push(bytes);
    if (this.busySince === null) this.writeBatch();
  }

  /** At the end of the process: what still waits, as far as it is taken at once. */
  flush(): void {
    if (this.busySince !== null && performance.now() - this.busySince > STUCK_AFTER_MS) return;
    if (this.isUnderWay) this.waiting.shift();
    this.tellLoss();
    try {
      while (this.waiting.length > 0) this.wrote(writeSync(this.options.fd, this.nextBatch()));
    } catch {
      // Nobody is left whom it would help.
    }
  }

  private tellLoss(): void {
    if (this.lost === 0) return;
    this.push(Buffer.from(this.options.lossLine(this.lost, this.reason)));
    this.lost = 0;
  }

  private push(bytes: Buffer): void {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
  }

  private writeBatch(): void {
    this.busySince ??= performance.now();
    this.isUnderWay = true;
    write(this.options.fd, this.nextBatch(), (error, written) => {
      this.isUnderWay = false;
      if (error === null) {
        this.busySince = null;
        this.wrote(written);
        if (this.waiting.length === 0) this.tellLoss();
        if (this.waiting.length > 0) this.writeBatch();
      } else {
        this.reason = error.code ?? error.message;
        setTimeout(() => this.writeBatch(), TRY_AGAIN_MS).unref();
      }
    });
  }

  /** Stays among the waiting until it is known how much of it was taken. */
  private nextBatch(): Buffer {
    const [first, ...others] = this.waiting;
    let bytes = first?.length ?? 0;
    const more = others.findIndex((line) => {
      bytes += line.length;
      return bytes > BATCH_BYTES;
    });
    const count = more === -1 ? this.waiting.length : more + 1;
    const batch = Buffer.concat(this.waiting.slice(0, count));
    this.waiting.splice(0, count, batch);
    return batch;
  }

  private wrote(bytes: number): void {
    this.waitingBytes -= bytes;
    const [batch] = this.waiting;
    const rest = batch?.subarray(bytes);
    if (rest === undefined || rest.length === 0) this.waiting.shift();
    else this.waiting[0] = rest;
  }
}
