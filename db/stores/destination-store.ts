import {
  type CampaignId,
  type DestinationId,
  idFromUuid,
  type PartnerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { PostbackEvent } from '../../domain/postback/events';
import type { FailureLimits } from '../../domain/postback/failure-ladder';
import type { DestinationKind, DestinationMethod } from '../../domain/postback/render';
import type { Db } from '../knex';
import type { Page, PageRequest } from '../page';
import { pageOf } from './page-of';

/** `disabled` is set by deliveries that keep failing or are told never to come back; an operator sets the other two. */
export type DestinationStatus = 'active' | 'paused' | 'disabled';

/** A destination without its secret, which only delivery reads. */
export type Destination = {
  readonly destinationId: DestinationId;
  readonly workspaceId: WorkspaceId;
  readonly name: string;
  readonly kind: DestinationKind;
  readonly url: string;
  readonly method: DestinationMethod;
  readonly events: readonly PostbackEvent[];
  /** Limits the destination to conversions of this partner, or campaign. */
  readonly partnerId: PartnerId | null;
  readonly campaignId: CampaignId | null;
  /** Whether it is told of conversions that are only reported publicly, too. */
  readonly acceptsPublic: boolean;
  readonly status: DestinationStatus;
  readonly disabledAtMs: number | null;
  readonly disabledReason: string | null;
  readonly failureLimits: FailureLimits;
  /** Failed attempts since the last success; of a disabled destination, those that led to it. */
  readonly consecutiveFailures: number;
  readonly failingSinceMs: number | null;
  /** When these failures were last warned about. */
  readonly warnedAtMs: number | null;
  /** Until when deliveries are signed with the secret before the last rotation, too. */
  readonly previousSecretUntilMs: number | null;
  readonly createdAtMs: number;
};

type ChangeableField = 'name' | 'url' | 'method' | 'events' | 'partnerId' | 'campaignId' | 'acceptsPublic';
export type DestinationChange = { readonly [F in ChangeableField]?: Destination[F] | undefined } & {
  readonly status?: 'active' | 'paused' | undefined;
  readonly failureLimits?: { readonly [L in keyof FailureLimits]?: number | undefined } | undefined;
};

type Row = {
  destination_id: string;
  workspace_id: string;
  name: string;
  kind: DestinationKind;
  url: string;
  method: DestinationMethod;
  events: PostbackEvent[];
  partner_id: string | null;
  campaign_id: string | null;
  accepts_public: boolean;
  status: DestinationStatus;
  disabled_at: Date | null;
  disabled_reason: string | null;
  warn_every_failures: number;
  disable_after_failures: number;
  disable_after_hours: number;
  consecutive_failures: number;
  failing_since: Date | null;
  warned_at: Date | null;
  previous_secret_until: Date | null;
  created_at: Date;
};

const COLUMNS = [
  'destination_id',
  'workspace_id',
  'name',
  'kind',
  'url',
  'method',
  'events',
  'partner_id',
  'campaign_id',
  'accepts_public',
  'status',
  'disabled_at',
  'disabled_reason',
  'warn_every_failures',
  'disable_after_failures',
  'disable_after_hours',
  'consecutive_failures',
  'failing_since',
  'warned_at',
  'previous_secret_until',
  'created_at',
];

export async function insertDestination(
  db: Db,
  destination: Destination & { secret: string | null },
): Promise<void> {
  await db('destinations').insert({
    destination_id: uuidFromId(destination.destinationId),
    workspace_id: uuidFromId(destination.workspaceId),
    name: destination.name,
    kind: destination.kind,
    url: destination.url,
    method: destination.method,
    events: destination.events,
    partner_id: uuidOrNull(destination.partnerId),
    campaign_id: uuidOrNull(destination.campaignId),
    accepts_public: destination.acceptsPublic,
    secret: destination.secret,
    status: destination.status,
    ...limitColumns(destination.failureLimits),
    created_at: new Date(destination.createdAtMs),
  });
}

export async function findDestination(
  db: Db,
  workspaceId: WorkspaceId,
  destinationId: DestinationId,
): Promise<Destination | null> {
  const row = await db('destinations')
    .where(keyOf(workspaceId, destinationId))
    .first<Row | undefined>(COLUMNS);
  return row === undefined ? null : fromRow(row);
}

export async function listDestinations(
  db: Db,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<Destination>> {
  const query = db('destinations')
    .select(COLUMNS)
    .where({ workspace_id: uuidFromId(workspaceId) });
  return pageOf(query, 'destination_id', page, fromRow);
}

/**
 * Changes what is given; a status also clears what disabled the destination, and its failures are counted anew. Null
 * when there is no such one.
 */
export async function updateDestination(
  db: Db,
  workspaceId: WorkspaceId,
  destinationId: DestinationId,
  change: DestinationChange,
): Promise<Destination | null> {
  const reset = change.status === undefined ? {} : CLEAN_RECORD;
  const [row] = await db('destinations')
    .where(keyOf(workspaceId, destinationId))
    .update({
      name: change.name,
      url: change.url,
      method: change.method,
      events: change.events,
      partner_id: change.partnerId === undefined ? undefined : uuidOrNull(change.partnerId),
      campaign_id: change.campaignId === undefined ? undefined : uuidOrNull(change.campaignId),
      accepts_public: change.acceptsPublic,
      status: change.status,
      ...limitColumns(change.failureLimits ?? {}),
      ...reset,
    })
    .returning<Row[]>(COLUMNS);
  return row === undefined ? null : fromRow(row);
}

const CLEAN_RECORD = {
  disabled_at: null,
  disabled_reason: null,
  consecutive_failures: 0,
  failing_since: null,
  warned_at: null,
};

/** What is undefined stays as it is. */
function limitColumns(limits: NonNullable<DestinationChange['failureLimits']>) {
  return {
    warn_every_failures: limits.warnEveryFailures,
    disable_after_failures: limits.disableAfterFailures,
    disable_after_hours: limits.disableAfterHours,
  };
}

function keyOf(workspaceId: WorkspaceId, destinationId: DestinationId) {
  return { workspace_id: uuidFromId(workspaceId), destination_id: uuidFromId(destinationId) };
}

function uuidOrNull(id: PartnerId | CampaignId | null): string | null {
  return id === null ? null : uuidFromId(id);
}

function fromRow(row: Row): Destination {
  return {
    destinationId: idFromUuid('dst', row.destination_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    name: row.name,
    kind: row.kind,
    url: row.url,
    method: row.method,
    events: row.events,
    partnerId: row.partner_id === null ? null : idFromUuid('ptn', row.partner_id),
    campaignId: row.campaign_id === null ? null : idFromUuid('cmp', row.campaign_id),
    acceptsPublic: row.accepts_public,
    status: row.status,
    disabledAtMs: row.disabled_at?.getTime() ?? null,
    disabledReason: row.disabled_reason,
    failureLimits: {
      warnEveryFailures: row.warn_every_failures,
      disableAfterFailures: row.disable_after_failures,
      disableAfterHours: row.disable_after_hours,
    },
    consecutiveFailures: row.consecutive_failures,
    failingSinceMs: row.failing_since?.getTime() ?? null,
    warnedAtMs: row.warned_at?.getTime() ?? null,
    previousSecretUntilMs: row.previous_secret_until?.getTime() ?? null,
    createdAtMs: row.created_at.getTime(),
  };
}
