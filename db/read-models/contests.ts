import type { Contest } from '../../domain/attribution/contest';
import type { EventKind } from '../../domain/facts';
import {
  type CampaignId,
  type ClickId,
  type EventId,
  idFromUuid,
  type PartnerId,
  type PlayerId,
  uuidFromId,
  type WorkspaceId,
} from '../../domain/ids';
import type { Db } from '../knex';
import { nullableId, nullableUuid } from './row-values';

type ContestedClick = {
  readonly clickId: ClickId;
  readonly partnerId: PartnerId;
  readonly campaignId: CampaignId;
  readonly clickedAt: string;
};

/** One partner's click between another partner's and the event that bound a player, with what shows it. */
export type ContestView = {
  readonly player: PlayerId;
  /** The casino's own id of the player. */
  readonly playerId: string;
  readonly challenger: ContestedClick;
  readonly protected: ContestedClick;
  /** From the challenger's click to the binding event. */
  readonly gapMs: number;
  readonly refused: boolean;
  readonly reason: Contest['reason'];
  readonly binding: {
    readonly eventId: EventId;
    readonly event: EventKind;
    readonly occurredAt: string;
    /** Whom the player counts for; of a shared path the partner of its latest credited click. */
    readonly partnerId: PartnerId | null;
  };
};

export type ContestFilter = {
  readonly challengerPartnerId?: PartnerId | undefined;
  readonly protectedPartnerId?: PartnerId | undefined;
  readonly isRefused?: boolean | undefined;
};

/** One visitor's click may contest several players, so a place in the list takes both. */
export type ContestPlace = { readonly clickId: ClickId; readonly playerId: PlayerId };

type Row = {
  player_id: string;
  external_id: string;
  challenger_click_id: string;
  challenger_partner_id: string;
  challenger_campaign_id: string;
  challenged_at: Date;
  protected_click_id: string;
  protected_partner_id: string;
  protected_campaign_id: string;
  protected_at: Date;
  gap_ms: bigint;
  is_refused: boolean;
  reason: Contest['reason'];
  binding_event_id: string;
  binding_kind: EventKind;
  bound_at: Date;
  bound_partner_id: string | null;
};

/** Contests of the workspace, the latest challenge first. One statement. */
export async function listContests(
  db: Db,
  workspaceId: WorkspaceId,
  filter: ContestFilter,
  page: { readonly limit: number; readonly after: ContestPlace | null },
): Promise<{ items: readonly ContestView[]; next: ContestPlace | null }> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT n.player_id, p.external_id, n.challenger_click_id, n.challenger_partner_id,
       x.campaign_id AS challenger_campaign_id, x.clicked_at AS challenged_at, n.protected_click_id,
       n.protected_partner_id, y.campaign_id AS protected_campaign_id, y.clicked_at AS protected_at, n.gap_ms,
       n.is_refused, n.reason, b.binding_event_id, e.kind AS binding_kind, b.bound_at,
       b.partner_id AS bound_partner_id
     FROM contested_touches AS n
     JOIN players AS p ON p.player_id = n.player_id
     JOIN player_bindings AS b ON b.player_id = n.player_id
     JOIN events AS e ON e.event_id = b.binding_event_id
     JOIN clicks AS x ON x.click_id = n.challenger_click_id
     JOIN clicks AS y ON y.click_id = n.protected_click_id
     WHERE n.workspace_id = :workspace
       AND (CAST(:challenger AS uuid) IS NULL OR n.challenger_partner_id = :challenger)
       AND (CAST(:protected AS uuid) IS NULL OR n.protected_partner_id = :protected)
       AND (CAST(:refused AS boolean) IS NULL OR n.is_refused = :refused)
       AND (CAST(:afterClick AS uuid) IS NULL
         OR (n.challenger_click_id, n.player_id) < (CAST(:afterClick AS uuid), CAST(:afterPlayer AS uuid)))
     ORDER BY n.challenger_click_id DESC, n.player_id DESC LIMIT :limit`,
    {
      workspace: uuidFromId(workspaceId),
      challenger: nullableUuid(filter.challengerPartnerId),
      protected: nullableUuid(filter.protectedPartnerId),
      refused: filter.isRefused ?? null,
      afterClick: nullableUuid(page.after?.clickId),
      afterPlayer: nullableUuid(page.after?.playerId),
      limit: page.limit + 1,
    },
  );
  const items = rows.slice(0, page.limit).map(toContestView);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return {
    items,
    next: last === undefined ? null : { clickId: last.challenger.clickId, playerId: last.player },
  };
}

function toContestView(row: Row): ContestView {
  return {
    player: idFromUuid('ply', row.player_id),
    playerId: row.external_id,
    challenger: {
      clickId: idFromUuid('clk', row.challenger_click_id),
      partnerId: idFromUuid('ptn', row.challenger_partner_id),
      campaignId: idFromUuid('cmp', row.challenger_campaign_id),
      clickedAt: row.challenged_at.toISOString(),
    },
    protected: {
      clickId: idFromUuid('clk', row.protected_click_id),
      partnerId: idFromUuid('ptn', row.protected_partner_id),
      campaignId: idFromUuid('cmp', row.protected_campaign_id),
      clickedAt: row.protected_at.toISOString(),
    },
    gapMs: Number(row.gap_ms),
    refused: row.is_refused,
    reason: row.reason,
    binding: {
      eventId: idFromUuid('evt', row.binding_event_id),
      event: row.binding_kind,
      occurredAt: row.bound_at.toISOString(),
      partnerId: nullableId('ptn', row.bound_partner_id),
    },
  };
}
