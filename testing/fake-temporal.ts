import type { JourneyTarget } from '../db/stores/dispatch-store';
import type { SignalOutcome, WorkflowStarter } from '../workers/workflow-starter';

/** Takes every call, writes it down, and answers as told. */
export function fakeTemporal() {
  const calls: string[] = [];
  const fake = {
    calls,
    /** What signals find. */
    journeys: 'taken' as SignalOutcome,
    players: 'taken' as SignalOutcome,
    /** Thrown by the calls it is given for. */
    trouble: async (_call: string): Promise<void> => undefined,
  };
  const take = async (call: string): Promise<void> => {
    await fake.trouble(call);
    calls.push(call);
  };
  const starter: WorkflowStarter = {
    startJourney: (_workspace, target) => take(`start ${target.clickId}`),
    signalJourney: async (_workspace, target: JourneyTarget, eventId) => {
      await take(`signal ${target.clickId} ${eventId}`);
      return fake.journeys;
    },
    signalPlayer: async (_workspace, playerId, eventId) => {
      await take(`player ${playerId} ${eventId}`);
      return fake.players;
    },
    startEvent: (_workspace, eventId) => take(`event ${eventId}`),
    setPlayerTimer: (_workspace, playerId, dueAtMs) => take(`timer ${playerId} ${dueAtMs}`),
    startPostback: (_workspace, postbackId, run) => take(`postback ${postbackId} ${run}`),
  };
  return Object.assign(fake, { starter });
}

/** An error as the gRPC client throws it. */
export function grpcError(code: number): Error {
  return Object.assign(new Error(`${code}: refused`), { code, details: 'refused', metadata: {} });
}

export type FakeTemporal = ReturnType<typeof fakeTemporal>;
