import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { PlannedRefusal } from '../plan-refusals';
import { postbackRead } from '../responses';
import { settle } from '../settle';
import type { Player, Protocol } from './player';
import type { ReportAnswer } from './report';
import type { Props, Theatre } from './theatre';

/** What others than the player do, and what has to be waited for between two steps. */
export type Stagehand = {
  /** How the destination treats this player's postbacks from now on. */
  treat(player: Player, refusals: readonly PlannedRefusal[]): void;
  /** Resolves once the destination has seen a postback of this event, or not in time. */
  untilReceived(player: Player, event: string): Promise<void>;
  /** Resolves `ms` after the player's latest click. */
  untilAfterClick(player: Player, ms: number): Promise<void>;
  /** Says to which visitor a quarantined report belongs, as an operator does. */
  matchByHand(report: ReportAnswer, player: Player): Promise<void>;
  /** Sends a dead postback of this event again. */
  replay(event: string): Promise<void>;
};

const anything = z.looseObject({});

export function createStagehand(
  { session, signal, onProgress }: Theatre,
  props: Props,
  { name, protocol, withinMs }: { name: string; protocol: Protocol; withinMs: number },
): Stagehand {
  const { api, sink, runId } = session;
  return {
    treat: (player, refusals) => {
      for (const clickId of player.clickIds) sink.plan(clickId, refusals);
    },
    untilReceived: async ({ clickIds }, event) => {
      const arrived = async () =>
        sink.attempts.filter((one) => one.event === event && clickIds.includes(one.clickId ?? '')).length;
      await settle({
        look: arrived,
        missing: (attempts) => (attempts > 0 ? [] : [`the ${event} postback`]),
        signal,
        withinMs,
        onProgress,
      });
      protocol.step(`the destination has received the ${event} postback`);
    },
    untilAfterClick: (player, ms) =>
      sleep(Math.max(0, player.clickedAtMs + ms - Date.now()), undefined, { signal }),
    matchByHand: async ({ id }, player) => {
      const clickId = player.clickIds.at(-1);
      protocol.step(`an operator matches ${id ?? 'no event'} to ${clickId ?? 'no click'}`);
      const options = { shape: anything, idempotencyKey: `${runId}-${name}-match-${id ?? ''}` };
      await api.create(`/v1/quarantine/${id ?? ''}/match`, { clickId }, options);
    },
    replay: async (event) => {
      const path = `/v1/postbacks?status=dead&destinationId=${props.destinationId}`;
      const dead = await api.list(path, postbackRead);
      const postbackId = dead.find((one) => one.event === event)?.postbackId ?? '';
      protocol.step(`an operator has ${postbackId || 'no dead postback'} sent again`);
      const options = { shape: anything, idempotencyKey: `${runId}-${name}-replay-${postbackId}` };
      await api.create(`/v1/postbacks/${postbackId}/replay`, {}, options);
    },
  };
}
