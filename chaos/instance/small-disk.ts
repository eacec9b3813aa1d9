import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** A disk of its own under a folder, small enough to be filled. */
export interface SmallDisk {
  /** Takes all the room there is. What is given free elsewhere on it meanwhile is taken by the next call. */
  fill(): Promise<void>;
  /** Gives back what was taken. */
  free(): void;
  unmount(): void;
}

/** Large pieces first; the last one as small as a line of a log. */
const PIECES_BYTES = [1 << 20, 4_096, 64];

/** Throws where it may not be mounted, as for whoever is not root. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'clickchain-chaos', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ballast = join(folder, 'ballast');
  return {
    async fill() {
      const file = await open(ballast, 'a');
      try {
        for (const bytes of PIECES_BYTES) await appendUntilFull(file, Buffer.alloc(bytes));
      } finally {
        await file.close();
      }
    },
    free: () => rmSync(ballast, { force: true }),
    // What still holds a file there, holds it until it ends.
    unmount: () => void execFileSync('umount', ['--lazy', folder]),
  };
}

async function appendUntilFull(file: FileHandle, piece: Buffer): Promise<void> {
  for (;;) {
    try {
      await file.write(piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
