import { toIso } from '../../domain/time';
import type { Stage } from '../load/deposit-traffic';
import type { Address } from '../load/http-line';
import { createSender, type Sender } from './sender';

const AT_ONCE = 64;

/** Deposits of players whom nobody knows. Throws unless each is kept. */
export async function postQuarantined(address: Address, stage: Stage, count: number): Promise<void> {
  const sender = createSender(address, AT_ONCE);
  const numbers = Array.from({ length: count }, (_, index) => index).values();
  try {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const index of numbers) await postOne(sender, stage, index);
      }),
    );
  } finally {
    await sender.close();
  }
}

async function postOne(sender: Sender, { runId, sourceKey }: Stage, index: number): Promise<void> {
  const answer = await sender.patiently({
    method: 'POST',
    path: '/webhooks/gaming/deposit',
    headers: { authorization: `Bearer ${sourceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      eventId: `${runId}-stray-${index}`,
      transactionId: `${runId}-stray-tx-${index}`,
      playerId: `${runId}-stranger-${index}`,
      amount: '50.00',
      currency: 'EUR',
      status: 'confirmed',
      occurredAt: toIso(Date.now()),
    }),
  });
  if (answer !== 200) throw new Error(`An event that matches nothing was answered ${answer}.`);
}
