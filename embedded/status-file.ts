import { type InstanceInfo, instanceFilePath, writeInstanceFile } from './instance-file';
import type { Reporter } from './progress';

const tryAgainMs = 1_000;

/**
 * Keeps `instance.json` true. It only tells, so a disk that has no room for it stops nothing: it is written as soon as
 * there is room again.
 */
export class StatusFile {
  private latest: InstanceInfo | null = null;
  private retry: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataDir: string,
    private readonly reporter: Pick<Reporter, 'line'>,
  ) {}

  write(info: InstanceInfo): void {
    this.latest = info;
    const isBehind = this.retry !== null;
    const failure = this.tryToWrite();
    if (failure === null) {
      if (isBehind) this.reporter.line(`${instanceFilePath(this.dataDir)} is up to date again`);
      this.stop();
    } else if (!isBehind) {
      this.reporter.line(`${instanceFilePath(this.dataDir)} cannot be written now: ${failure}`);
      this.retry = setInterval(() => this.latest !== null && this.write(this.latest), tryAgainMs).unref();
    }
  }

  /** Nothing is tried any more. */
  stop(): void {
    if (this.retry !== null) clearInterval(this.retry);
    this.retry = null;
  }

  /** Null, or why not. */
  private tryToWrite(): string | null {
    try {
      if (this.latest !== null) writeInstanceFile(this.dataDir, this.latest);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
