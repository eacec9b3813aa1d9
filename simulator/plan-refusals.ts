import type { Random } from './random';
import type { Shape } from './script';

export type DestinationKind = 'partner_url' | 'webhook';

/**
 * One planned treatment of a postback. `refuse` answers `status` for good, so that the postback ends dead;
 * `fail_once` answers 503 to the first attempt and accepts the second. On a webhook it applies to every event
 * of the click, because only partner URLs are sure to name the event as we wrote it.
 */
export type PlannedRefusal =
  | {
      treatment: 'refuse';
      destination: 'partner_url';
      event: 'registration' | 'first_deposit';
      status: 400 | 404;
    }
  | { treatment: 'fail_once'; destination: DestinationKind; event: 'registration' | 'first_deposit' | null };

/** Only plain stories: no correction may follow whose fate the plan would not know. */
const PLAIN: readonly Shape[] = ['registered', 'converted', 'converted_again'];

/** Which clicks' postbacks are refused, by label; at most one treatment per click. */
export function planRefusals(
  clicks: readonly { label: string; shape: Shape }[],
  random: Random,
): Map<string, PlannedRefusal[]> {
  const plain = random.shuffle(clicks.filter((click) => PLAIN.includes(click.shape)));
  // Converted ones first in turn, so that a small run still has a refused first deposit.
  const converted = plain.filter((click) => click.shape !== 'registered');
  const registered = plain.filter((click) => click.shape === 'registered');
  const planned = new Map<string, PlannedRefusal[]>();
  const refused = Math.max(2, Math.round(clicks.length * 0.015));
  const failing = Math.max(3, Math.round(clicks.length * 0.025));
  const take = (pool: { label: string }[], refusal: PlannedRefusal): void => {
    const click = pool.pop();
    if (click !== undefined) planned.set(click.label, [refusal]);
  };
  for (let turn = 0; turn < refused; turn += 1) {
    if (turn % 2 === 0) {
      take(converted, {
        treatment: 'refuse',
        destination: 'partner_url',
        event: 'first_deposit',
        status: 404,
      });
    } else {
      take(registered, {
        treatment: 'refuse',
        destination: 'partner_url',
        event: 'registration',
        status: 400,
      });
    }
  }
  const failures: readonly PlannedRefusal[] = [
    { treatment: 'fail_once', destination: 'partner_url', event: 'first_deposit' },
    { treatment: 'fail_once', destination: 'webhook', event: null },
    { treatment: 'fail_once', destination: 'partner_url', event: 'registration' },
  ];
  for (let turn = 0; turn < failing; turn += 1) {
    const failure = failures[turn % failures.length];
    if (failure !== undefined) take(failure.event === 'first_deposit' ? converted : registered, failure);
  }
  return planned;
}
