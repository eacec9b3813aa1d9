import { COUNTRIES } from './cast';
import type { Random } from './random';
import type { ScriptedEvent } from './script';

/**
 * How often the casino sends an event: once; again after the answer; five times at once; or, after the answer,
 * once more with another amount, which must be refused without harm to the first.
 */
export type Repetition = 'once' | 'twice' | 'five_at_once' | 'contradicted';

/**
 * The way in: the gaming webhook with the source's key, the same with a signature of the source's secret, the
 * webhook with snake_case fields, or the generic endpoint.
 */
export type Channel = 'keyed' | 'signed' | 'snake_case' | 'track';

export type PlannedEvent = ScriptedEvent & { repetition: Repetition; channel: Channel; country: string };

/** Decides for every scripted event the way in and how often it is sent; each kind of repetition occurs. */
export function planDeliveries(scripts: readonly ScriptedEvent[][], random: Random): PlannedEvent[][] {
  const planned = scripts.map((script) =>
    script.map((event): PlannedEvent => {
      const country = random.pick(COUNTRIES);
      return { ...event, repetition: 'once', channel: chooseChannel(event, random), country };
    }),
  );
  const shuffled = random.shuffle(planned.flat());
  const share = (fraction: number): number => Math.max(2, Math.round(shuffled.length * fraction));
  mark(shuffled, 'contradicted', share(0.02), (event) => event.kind === 'deposit');
  // At least one early event races with itself: the quarantine must take it in once.
  mark(shuffled, 'five_at_once', 1, (event) => event.expect === 'quarantined');
  mark(shuffled, 'five_at_once', share(0.05), (event) => event.kind === 'deposit');
  mark(shuffled, 'five_at_once', share(0.02), (event) => event.kind === 'registration');
  mark(shuffled, 'twice', share(0.12), () => true);
  return planned;
}

function mark(
  events: readonly PlannedEvent[],
  repetition: Repetition,
  count: number,
  suits: (event: PlannedEvent) => boolean,
): void {
  const free = events.filter((event) => event.repetition === 'once' && suits(event));
  for (const event of free.slice(0, count)) event.repetition = repetition;
}

function chooseChannel(event: ScriptedEvent, random: Random): Channel {
  if (event.kind === 'install') return 'track';
  const ways: readonly (readonly [Channel, number])[] = [
    ['keyed', 60],
    ['signed', 20],
    ['snake_case', 10],
    // The generic endpoint knows no pending deposits and no chargebacks.
    ['track', event.kind === 'chargeback' || event.status === 'pending' ? 0 : 10],
  ];
  return random.weighted(ways);
}
