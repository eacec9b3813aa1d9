import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDb, type Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { type NewClick, recordClicks } from '../../db/stores/click-store';
import type { CampaignId, ClickId, OfferId, PartnerId, WorkspaceId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';

/**
 * The yardstick: a bare server that commits clicks in groups and does nothing else. The same rows by the same statement
 * as the product, and no routing, no campaign, no link, no cookie, no limits, no metrics.
 */
export type BareServerJob = {
  readonly databaseUrl: string;
  readonly workspaceId: WorkspaceId;
  readonly campaignId: CampaignId;
  readonly offerId: OfferId;
  readonly partnerId: PartnerId;
};

const BATCH_ROWS = 256;
const WAIT_MS = 1;
const LANES = 2;
const BROWSER =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36';

process.once('message', (job: BareServerJob) => {
  const db = createDb(job.databaseUrl, { applicationName: 'clickchain-bare', poolMax: LANES });
  const record = inGroups(db);
  const server = createServer((_request, response) => {
    const click = clickNow(job);
    record({ click, response });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.once('disconnect', () => process.exit(0));

type Waiting = { readonly click: NewClick; readonly response: ServerResponse };

function inGroups(db: Db): (one: Waiting) => void {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const batch = waiting.slice(0, BATCH_ROWS);
    waiting = waiting.slice(BATCH_ROWS);
    underWay += 1;
    recordClicks(
      db,
      batch.map(({ click }) => click),
    ).then(
      () => {
        for (const { click, response } of batch) acknowledge(response, click.clickId);
        ended();
      },
      () => {
        for (const { response } of batch) response.writeHead(503, { 'content-length': 0 }).end();
        ended();
      },
    );
  };
  const schedule = (): void => {
    if (underWay >= LANES || waiting.length === 0) return;
    if (waiting.length >= BATCH_ROWS) flush();
    else timer ??= setTimeout(flush, WAIT_MS);
  };
  const ended = (): void => {
    underWay -= 1;
    schedule();
  };
  return (one) => {
    waiting.push(one);
    schedule();
  };
}

function acknowledge(response: ServerResponse, clickId: ClickId): void {
  const location = `https://casino.example/welcome?cid=${clickId}`;
  response.writeHead(302, { location, 'content-length': 0 }).end();
}

function clickNow({ workspaceId, campaignId, offerId, partnerId }: BareServerJob): NewClick {
  const nowMs = Date.now();
  return {
    clickId: mintId('clk', nowMs),
    ...{ workspaceId, campaignId, campaignVersion: 1, offerId, partnerId, partnerReason: null },
    visitorId: mintId('vis', nowMs),
    clickedAtMs: nowMs,
    expiresAtMs: nowMs + 30 * DAY_MS,
    ...{ isTest: false, externalId: null, subs: { sub1: 'creative-1' }, adIds: {}, utm: {} },
    raw: { ip: '198.18.0.1', userAgent: BROWSER, referrer: null, query: null },
  };
}
