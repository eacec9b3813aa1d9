import { type ClickId, uuidFromId } from '../domain/ids';
import type { ReadsFixture } from './reads-fixture';
import { openValueBench, type ValueBench } from './value-bench';

/** Berlin turns its clocks back in the night that follows; its 25 October has 25 hours, from 22:00Z to 23:00Z. */
export const SATURDAY = Date.UTC(2026, 9, 24, 20);
export const BERLIN = 'from=2026-10-24&to=2026-10-25&timezone=Europe/Berlin';

export type ReportStory = {
  readonly value: ValueBench;
  readonly clicks: readonly [ClickId, ClickId, ClickId];
};

/**
 * P1 registers and deposits 100.00, and 30.00 after Berlin's midnight of which 10.00 are charged back. P2 registers only.
 * P3 deposits 50.00, which is reversed. 60.00 were spent on Saturday and 40.00 on Sunday.
 */
export async function tellReportStory(reads: ReadsFixture): Promise<ReportStory> {
  const value = await openValueBench(reads, { startMs: SATURDAY });
  const { bench, admin } = value;
  const clicks = [
    await bench.click(),
    await bench.click({ atMin: 5 }),
    await bench.click({ atMin: 6 }),
  ] as const;
  const [first, second, third] = clicks;
  await reads
    .db('clicks')
    .where({ click_id: uuidFromId(first) })
    .update({ utm: JSON.stringify({ utm_source: 'google', utm_content: 'video', utm_term: 'slots' }) });
  await bench.registration({ key: 'R1', click: first, atMin: 1 });
  await bench.deposit({ key: 'D1', atMin: 2 });
  await bench.deposit({ key: 'D2', atMin: 130, amountMinor: 3_000n });
  await bench.chargeback({ key: 'C1', atMin: 200, refersTo: 'D2', amountMinor: 1_000n });
  await bench.registration({ player: 'P2', key: 'R2', click: second, atMin: 8 });
  await bench.deposit({ player: 'P3', key: 'D3', click: third, atMin: 10, amountMinor: 5_000n });
  await bench.deposit({
    ...{ player: 'P3', key: 'D3r', transaction: 'D3', status: 'reversed' },
    ...{ click: third, atMin: 60, amountMinor: 5_000n },
  });
  await bench.settleAll();
  await recordSpend(value, '2026-10-24', '60.00');
  await recordSpend(value, '2026-10-25', '40.00');
  await admin.patch('/v1/workspace', { reportingCurrency: 'EUR' }).expect(200);
  return { value, clicks };
}

export async function recordSpend(
  { bench, admin }: ValueBench,
  day: string,
  amount: string,
  given: object = {},
): Promise<void> {
  const money = { amount, currency: 'EUR' };
  await admin.post('/v1/costs', { campaignId: bench.campaignId, day, money, ...given }).expect(201);
}

/** A sum as its text in the reporting currency, an amount as its text. */
export function shownAmount(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  if ('amount' in part) return part.amount;
  const { reporting } = part as { reporting: { amount: string } | null };
  return reporting?.amount ?? null;
}
