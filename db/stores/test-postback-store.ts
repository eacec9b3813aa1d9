import { type DestinationId, type PostbackId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { RenderedRequest } from '../../domain/postback/render';
import type { Db } from '../knex';
import { startRuns, UNTRIED_MS } from './postback-run-store';

/**
 * A postback that an operator asked for; it belongs to no conversion and never stands for money. It is sent also while
 * the destination is paused: trying out what was mended comes before going on.
 */
export type TestPostback = {
  readonly postbackId: PostbackId;
  readonly workspaceId: WorkspaceId;
  readonly destinationId: DestinationId;
  readonly request: RenderedRequest;
};

/** Stores the delivery duty together with the outbox row that starts it. */
export async function insertTestPostback(db: Db, postback: TestPostback, nowMs: number): Promise<void> {
  const { postbackId, workspaceId, destinationId, request } = postback;
  const ids = { postback_id: uuidFromId(postbackId), workspace_id: uuidFromId(workspaceId) };
  await db('postbacks').insert({
    ...ids,
    destination_id: uuidFromId(destinationId),
    // Its own id makes the key unique: two tests are two duties.
    key: `${workspaceId}:${destinationId}:test:${postbackId}`,
    event_kind: 'test',
    method: request.method,
    url: request.url,
    headers: JSON.stringify(request.headers),
    body: request.body,
    is_test: true,
    status: 'pending',
    created_at: new Date(nowMs),
    sweep_after: new Date(nowMs + UNTRIED_MS),
  });
  await startRuns(db, [{ ...ids, run: 0 }], nowMs);
}
