import { type CampaignId, idFromUuid, type OfferId, type PartnerId, type WorkspaceId } from '../domain/ids';
import type { Db } from './knex';
import { readSnapshot } from './read-models/snapshot';

/** What the click path has to know of a campaign: its current version and the offer behind it. */
export type CatalogCampaign = {
  readonly slug: string;
  readonly workspaceId: WorkspaceId;
  readonly campaignId: CampaignId;
  readonly version: number;
  readonly offerId: OfferId;
  readonly landingUrl: string;
  readonly fallbackUrl: string | null;
  /** Who is credited when the link names no partner. */
  readonly partnerId: PartnerId | null;
  readonly clickWindowDays: number;
  readonly onOutage: 'refuse' | 'landing';
  readonly status: 'active' | 'paused';
};

export type CampaignRow = {
  readonly campaign_id: string;
  readonly slug: string;
  /** Whether the slug alone is a link to it. */
  readonly has_short_link: boolean;
  readonly workspace_id: string;
  readonly version: number;
  readonly offer_id: string;
  readonly partner_id: string | null;
  readonly click_window_days: number;
  readonly on_outage: CatalogCampaign['onOutage'];
  readonly status: CatalogCampaign['status'];
};
export type OfferRow = {
  readonly offer_id: string;
  readonly landing_url: string;
  readonly fallback_url: string | null;
};
export type PartnerRow = {
  readonly partner_id: string;
  readonly workspace_id: string;
  readonly code: string;
};

export type CatalogRows = {
  readonly campaigns: readonly CampaignRow[];
  readonly offers: readonly OfferRow[];
  readonly partners: readonly PartnerRow[];
};

/** How far the catalog was read: what the snapshot sees is known, whatever commits later is not. */
export type CatalogMark = {
  /** Transactions of one server's life are numbered alike; a restored or promoted one may give a number twice. */
  readonly server: string;
  readonly snapshot: string;
};

/**
 * Reads what was committed since a mark, in whatever order its transactions began and ended; everything without a
 * mark, or after one of another server. `take` gets it in parts, between which clicks are answered, a campaign after
 * the offer that it leads to. Hosts are given whole. The channel `catalog_changed` says when to read again.
 */
export async function readCatalog(
  db: Db,
  since: CatalogMark | null,
  take: (part: CatalogRows, isWhole: boolean) => void,
): Promise<{ mark: CatalogMark; hosts: ReadonlyMap<string, WorkspaceId>; isWhole: boolean }> {
  return readSnapshot(db, async (snapshot) => {
    const changed =
      since === null ? null : await askGap(snapshot, gapSql(CHANGED), { snapshot: since.snapshot });
    const isWhole = changed === null || changed.mark.server !== since?.server;
    const gap = isWhole ? await askGap(snapshot, gapSql('true'), {}) : changed;
    for await (const part of readParts(snapshot, gap)) take(part, isWhole);
    return { mark: gap.mark, hosts: await readHosts(snapshot), isWhole };
  });
}

/** All of them each time: a tenant has one or two at most, and one that is taken away leaves no mark. */
async function readHosts(db: Db): Promise<Map<string, WorkspaceId>> {
  const { rows } = await db.raw<{ rows: { host: string; workspace_id: string }[] }>(
    'SELECT host, workspace_id FROM workspace_hosts',
  );
  return new Map(rows.map((row) => [row.host, idFromUuid('wsp', row.workspace_id)]));
}

/**
 * Not visible in the snapshot, although it is now. The first line lets the index find it; the last leaves out what
 * another server has marked before a dump of it was restored here.
 */
const CHANGED = `changed_in >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
  AND NOT pg_visible_in_snapshot(changed_in, CAST(:snapshot AS pg_snapshot))
  AND changed_in < pg_snapshot_xmax(pg_current_snapshot())`;

function gapSql(condition: string): string {
  return `SELECT pg_current_snapshot()::text AS snapshot,
    (SELECT oid FROM pg_database WHERE datname = current_database()) || ' ' || pg_postmaster_start_time() AS server,
    ARRAY(SELECT campaign_id FROM campaigns WHERE ${condition}
      UNION SELECT campaign_id FROM campaign_versions WHERE ${condition}) AS campaigns,
    ARRAY(SELECT offer_id FROM offers WHERE ${condition}) AS offers,
    ARRAY(SELECT partner_id FROM partners WHERE ${condition}) AS partners`;
}

/** What has to be read, by id, to be as far as `mark`. */
type Gap = { mark: CatalogMark; campaigns: string[]; offers: string[]; partners: string[] };
type GapRow = { snapshot: string; server: string; campaigns: string[]; offers: string[]; partners: string[] };

async function askGap(db: Db, sql: string, bindings: Readonly<Record<string, string>>): Promise<Gap> {
  const { rows } = await db.raw<{ rows: [GapRow] }>(sql, bindings);
  const [{ snapshot, server, campaigns, offers, partners }] = rows;
  return { mark: { server, snapshot }, campaigns, offers, partners };
}

/** Rows that are taken apart at once: a few milliseconds in which no click is answered. */
const SLICE_ROWS = 500;

async function* readParts(db: Db, gap: Gap): AsyncGenerator<CatalogRows> {
  const nothing = { campaigns: [], offers: [], partners: [] };
  for (const ids of slices(gap.offers)) {
    const { rows } = await db.raw<{ rows: OfferRow[] }>(
      'SELECT offer_id, landing_url, fallback_url FROM offers WHERE offer_id = ANY (CAST(? AS uuid[]))',
      [ids],
    );
    yield { ...nothing, offers: rows };
  }
  for (const ids of slices(gap.partners)) {
    const { rows } = await db.raw<{ rows: PartnerRow[] }>(
      'SELECT partner_id, workspace_id, code FROM partners WHERE partner_id = ANY (CAST(? AS uuid[]))',
      [ids],
    );
    yield { ...nothing, partners: rows };
  }
  for (const ids of slices(gap.campaigns)) {
    const { rows } = await db.raw<{ rows: CampaignRow[] }>(
      `SELECT c.campaign_id, c.slug, c.has_short_link, c.workspace_id, v.version, v.offer_id, v.partner_id, v.click_window_days,
         v.on_outage, v.status
       FROM campaigns AS c
       JOIN campaign_versions AS v ON v.campaign_id = c.campaign_id AND v.version = c.current_version
       WHERE c.campaign_id = ANY (CAST(? AS uuid[]))`,
      [ids],
    );
    yield { ...nothing, campaigns: rows };
  }
}

function slices(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / SLICE_ROWS);
  return Array.from({ length: count }, (_, at) => ids.slice(at * SLICE_ROWS, (at + 1) * SLICE_ROWS));
}
