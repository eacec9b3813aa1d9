import type { RequestListener } from 'node:http';
import request, { type Test } from 'supertest';
import { mintId } from '../db/mint-id';
import { type ClickId, type EventId, parseId, type SourceId, uuidFromId } from '../domain/ids';
import { toIso } from '../domain/time';
import { insertCampaign } from './builders/insert-campaign';
import { recordTestClick } from './builders/record-test-click';
import type { IngestFixture } from './ingest-fixture';

export type TestSource = { readonly sourceId: SourceId; readonly key: string; readonly secret: string };

type Registration = {
  readonly eventId: string;
  readonly playerId: string;
  readonly occurredAt: string;
};
type Deposit = Registration & { readonly amount: string; readonly currency: string };

type EventRow = { readonly source_id: string; readonly attributes: object } & Record<string, unknown>;

/** A casino platform that reports to the app, with a source of its own and a campaign to click on. */
export type EventSender = {
  readonly source: TestSource;
  createSource(name: string, brand?: string): Promise<TestSource>;
  newClick(): Promise<ClickId>;
  /** By a player of its own each time, at the fixture's time. */
  registration<Given extends object>(given?: Given): Registration & Given;
  deposit<Given extends object>(given?: Given): Deposit & Given;
  /** With the source's key unless another is given; a text is sent as it is. */
  post(path: string, body: object | string, key?: string, app?: RequestListener): Test;
  /** The row of an event that was answered with this id. */
  factOf(id: unknown): Promise<EventRow>;
  countReceipts(): Promise<number>;
};

export async function createEventSender(ingest: IngestFixture): Promise<EventSender> {
  const { db } = ingest.testDb;
  const campaignId = await insertCampaign(db, {
    workspaceId: ingest.workspaceId,
    slug: mintId('cmp', ingest.clock.nowMs()),
  });
  const createSource = async (name: string, brand?: string): Promise<TestSource> => {
    const answer = await request(ingest.app)
      .post('/v1/sources')
      .set('authorization', `Bearer ${ingest.adminKey}`)
      .send({ name, kind: 'gaming', ...(brand !== undefined && { brand }) });
    if (answer.status !== 201) throw new Error(`no source: ${answer.text}`);
    return answer.body as TestSource;
  };
  const source = await createSource('casino');
  let players = 0;
  const registration = <Given extends object>(given?: Given) => {
    players += 1;
    const occurredAt = toIso(ingest.clock.nowMs());
    return { eventId: `R-${players}`, playerId: `P-${players}`, occurredAt, ...given } as Registration &
      Given;
  };
  return {
    source,
    createSource,
    newClick: () =>
      recordTestClick(db, {
        workspaceId: ingest.workspaceId,
        campaignId,
        clickedAtMs: ingest.clock.nowMs(),
      }),
    registration,
    deposit: <Given extends object>(given?: Given) => {
      const base = registration();
      const deposit = { ...base, eventId: `D-${players}`, amount: '49.90', currency: 'EUR', ...given };
      return deposit as Deposit & Given;
    },
    post: (path, body, key = source.key, app = ingest.app) =>
      request(app)
        .post(path)
        .set('authorization', `Bearer ${key}`)
        .set('content-type', 'application/json')
        .send(typeof body === 'string' ? body : JSON.stringify(body)),
    factOf: async (id) => {
      const eventId: EventId | null = parseId('evt', String(id));
      if (eventId === null) throw new Error(`no event id: ${String(id)}`);
      return (await db('events').where('event_id', uuidFromId(eventId)).first()) as EventRow;
    },
    countReceipts: async () => {
      const row = await db('inbox').count('* as n').first();
      return Number(row?.n);
    },
  };
}
