import { setTimeout as delay } from 'node:timers/promises';
import type { SmallDisk } from '../instance/small-disk';
import type { Inject } from './arena';
import { expectBack, expectGoesOn } from './serving';

/** What was given back meanwhile, by a server that has ended or a log that was shortened, is taken, too. */
const FILL_EVERY_MS = 100;

/** F10: no byte more has room, on the disk of everything or on that of the logs alone. */
export const fullDisk: Inject = async ({ machine, traffic, notPlayed }, { variant, holdMs }) => {
  const { disks } = machine;
  if ('missing' in disks) {
    notPlayed.push(`F10, because no disk could be put under the instance (${disks.missing})`);
    return;
  }
  if (variant === 'logs') {
    await expectGoesOn(
      traffic,
      'a full disk of the logs',
      (isOver) => keepFull(disks.application.logs, isOver),
      holdMs,
    );
    return;
  }
  const endsAtMs = Date.now() + holdMs;
  await keepFull(disks.databases.data, () => Date.now() >= endsAtMs);
  await expectBack(traffic, 'a full disk');
};

async function keepFull(disk: SmallDisk, isOver: () => boolean): Promise<void> {
  try {
    while (!isOver()) {
      await disk.fill();
      await delay(FILL_EVERY_MS);
    }
  } finally {
    disk.free();
  }
}
