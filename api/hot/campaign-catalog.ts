import type { Logger } from 'pino';
import { type CatalogCampaign, type CatalogMark, readCatalog } from '../../db/catalog';
import { listenToChannel } from '../../db/channel-listener';
import type { Db } from '../../db/knex';
import { hostName } from '../../domain/campaign-link';
import type { PartnerId, WorkspaceId } from '../../domain/ids';
import { CatalogEntries } from './catalog-entries';

/** The campaigns of the instance in memory, so that a click is answered without asking Postgres. */
export type CampaignCatalog = {
  /** False until Postgres could be read once; an unknown slug means nothing before that. */
  isLoaded(): boolean;
  /** By what stands after `/c/`: `workspace/slug`, or the slug alone where that is a link. */
  findCampaign(link: string): CatalogCampaign | null;
  /** Whose links all those on a host are; null when they say it themselves. */
  workspaceOfHost(host: string | undefined): WorkspaceId | null;
  findPartner(workspaceId: WorkspaceId, code: string): PartnerId | null;
  /** Resolves once everything that was committed before the call is visible; rejects when Postgres is away. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
};

const RETRY_MS = 1_000;

/**
 * Loads the catalog and keeps it fresh by NOTIFY: within a second of a change, and after each reconnect. A change costs
 * what it has changed, however much there is. Starts without Postgres too, and keeps what it knows while Postgres is away.
 */
export async function startCampaignCatalog(options: {
  readonly db: Db;
  readonly databaseUrl: string;
  readonly logger: Logger;
}): Promise<CampaignCatalog> {
  const { db, databaseUrl, logger } = options;
  let known: Known | null = null;
  let latest: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  // A load that already runs may have read before the caller's commit, so a call joins only one that waits.
  const refresh = (): Promise<void> => {
    if (waiting !== null) return waiting;
    const mine = latest.then(async () => {
      waiting = null;
      known = await catchUp(db, known);
    });
    waiting = mine;
    latest = mine.catch(() => undefined);
    return mine;
  };

  const follow = (): void => {
    if (stopped) return;
    clearTimeout(retry);
    refresh().catch((error: unknown) => {
      logger.warn({ err: error }, 'campaign catalog not reloaded, serving the last one');
      if (!stopped) retry = setTimeout(follow, RETRY_MS).unref();
    });
  };

  follow();
  await latest;
  const listener = listenToChannel({
    databaseUrl,
    channel: 'catalog_changed',
    applicationName: 'clickchain-catalog',
    onWake: follow,
    onLost: (error) => logger.warn({ err: error }, 'campaign catalog lost its listener, reconnecting'),
  });

  return {
    isLoaded: () => known !== null,
    findCampaign: (link) => known?.entries.findCampaign(link) ?? null,
    workspaceOfHost: (host) => {
      if (known === null || known.hosts.size === 0 || host === undefined) return null;
      const name = hostName(host);
      return name === null ? null : (known.hosts.get(name) ?? null);
    },
    findPartner: (workspaceId, code) => known?.entries.findPartner(workspaceId, code) ?? null,
    refresh,
    stop: async () => {
      stopped = true;
      clearTimeout(retry);
      await listener.stop();
      await latest;
    },
  };
}

type Known = {
  readonly entries: CatalogEntries;
  /** Hosts on which every link is of one workspace. */
  readonly hosts: ReadonlyMap<string, WorkspaceId>;
  readonly mark: CatalogMark;
};

/** Puts in what has changed. When everything has to be read again, clicks go by what was known until it is there. */
async function catchUp(db: Db, known: Known | null): Promise<Known> {
  const anew = new CatalogEntries();
  const { mark, hosts, isWhole } = await readCatalog(db, known?.mark ?? null, (part, partIsWhole) => {
    const into = partIsWhole || known === null ? anew : known.entries;
    into.put(part);
  });
  return { mark, hosts, entries: isWhole || known === null ? anew : known.entries };
}
