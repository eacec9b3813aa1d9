import type { Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import {
  type CampaignId,
  type ClickId,
  type ConversionId,
  type DestinationId,
  type EventId,
  type PartnerId,
  type PlayerId,
  type PostbackId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import { MINUTE_MS } from '../../domain/time';

/** An active partner URL that wants first deposits; a webhook when it is given a secret. */
export async function insertDestination(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly url?: string;
    readonly events?: readonly string[];
    readonly partnerId?: PartnerId;
    readonly campaignId?: CampaignId;
    readonly secret?: string;
    readonly acceptsPublic?: boolean;
    readonly status?: 'active' | 'paused';
  },
): Promise<DestinationId> {
  const nowMs = Date.now();
  const destinationId = mintId('dst', nowMs);
  await db('destinations').insert({
    destination_id: uuidFromId(destinationId),
    workspace_id: uuidFromId(given.workspaceId),
    name: 'A destination',
    kind: given.secret === undefined ? 'partner_url' : 'webhook',
    url: given.url ?? 'https://partner.example/postback?click={click_id}',
    method: given.secret === undefined ? 'GET' : 'POST',
    secret: given.secret ?? null,
    events: [...(given.events ?? ['first_deposit'])],
    partner_id: given.partnerId === undefined ? null : uuidFromId(given.partnerId),
    campaign_id: given.campaignId === undefined ? null : uuidFromId(given.campaignId),
    accepts_public: given.acceptsPublic ?? false,
    status: given.status ?? 'active',
    created_at: new Date(nowMs),
  });
  return destinationId;
}

/** A pending delivery duty; delivered or dead when the time of it is given; a test without a conversion. */
export async function insertPostback(
  db: Db,
  given: {
    readonly workspaceId: WorkspaceId;
    readonly destinationId: DestinationId;
    readonly conversionId?: ConversionId;
    readonly eventId?: EventId;
    readonly clickId?: ClickId;
    readonly playerId?: PlayerId;
    readonly key?: string;
    readonly createdAtMs?: number;
    readonly deliveredAtMs?: number;
    readonly deadAtMs?: number;
    readonly deadReason?: string;
    readonly heldAtMs?: number;
  },
): Promise<PostbackId> {
  const createdAtMs = given.createdAtMs ?? Date.now();
  const postbackId = mintId('pbk', createdAtMs);
  const isDead = given.deadAtMs !== undefined;
  await db('postbacks').insert({
    postback_id: uuidFromId(postbackId),
    workspace_id: uuidFromId(given.workspaceId),
    destination_id: uuidFromId(given.destinationId),
    key: given.key ?? `${given.workspaceId}:${given.destinationId}:first_deposit:${postbackId}`,
    event_kind: 'first_deposit',
    caused_by_event_id: given.eventId === undefined ? null : uuidFromId(given.eventId),
    conversion_id: given.conversionId === undefined ? null : uuidFromId(given.conversionId),
    click_id: given.clickId === undefined ? null : uuidFromId(given.clickId),
    player_id: given.playerId === undefined ? null : uuidFromId(given.playerId),
    method: 'GET',
    url: 'https://partner.example/postback?click=1',
    headers: '{}',
    body: null,
    is_test: given.conversionId === undefined,
    held_at: given.heldAtMs === undefined ? null : new Date(given.heldAtMs),
    sweep_after: new Date(createdAtMs + 5 * MINUTE_MS),
    status: isDead ? 'dead' : given.deliveredAtMs === undefined ? 'pending' : 'delivered',
    created_at: new Date(createdAtMs),
    delivered_at: given.deliveredAtMs === undefined ? null : new Date(given.deliveredAtMs),
    dead_at: given.deadAtMs === undefined ? null : new Date(given.deadAtMs),
    dead_reason: isDead ? (given.deadReason ?? 'gave_up') : null,
  });
  return postbackId;
}

/** One finished try of a postback; a retried 503 unless given. */
export async function insertAttempt(
  db: Db,
  given: {
    readonly postbackId: PostbackId;
    readonly attemptNo: number;
    readonly outcome?: 'delivered' | 'retry' | 'refused' | 'disabled' | 'abandoned';
    readonly reason?: string;
    readonly httpStatus?: number;
    readonly startedAtMs?: number;
    readonly excerpt?: string;
  },
): Promise<void> {
  const startedAtMs = given.startedAtMs ?? Date.now();
  const latencyMs = 12;
  await db('postback_attempts').insert({
    postback_id: uuidFromId(given.postbackId),
    attempt_no: given.attemptNo,
    started_at: new Date(startedAtMs),
    finished_at: new Date(startedAtMs + latencyMs),
    outcome: given.outcome ?? 'retry',
    reason: given.reason ?? (given.outcome === 'delivered' ? null : 'server_error'),
    http_status: given.httpStatus ?? (given.outcome === 'delivered' ? 200 : 503),
    latency_ms: latencyMs,
    excerpt: given.excerpt ?? null,
  });
}
