import { setTimeout as pause } from 'node:timers/promises';
import { createDb, type Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { uuidFromId } from '../../domain/ids';
import type { OldDatabase, Place } from './old-database';

const WRITERS = 4;
/** About four hundred clicks a second: the machine is to have room for the migration. */
const PAUSE_MS = 10;
const REPORT_EVERY_MS = 1_000;

export type Traffic = {
  /** How long each click took to be written since the last call, in ms. */
  take(): number[];
  refused(): number;
  stop(): Promise<void>;
};

/**
 * Clicks that are written one after the other by several sessions, beside a report that reads all of them again and
 * again: whoever wants the tables for himself meets both.
 */
export function runTrafficBeside({ url, place }: OldDatabase): Traffic {
  const db = createDb(url, {
    applicationName: 'bench-traffic',
    poolMax: WRITERS + 1,
    statementTimeoutMs: 600_000,
  });
  const stop = new AbortController();
  let taken: number[] = [];
  let refused = 0;
  const write = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const startedMs = performance.now();
      await insertClick(db, place).catch(() => {
        refused += 1;
      });
      taken.push(performance.now() - startedMs);
      await pause(PAUSE_MS);
    }
  };
  const report = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await db.raw('SELECT count(*), count(DISTINCT visitor_id) FROM clicks').catch(() => undefined);
      await pause(REPORT_EVERY_MS);
    }
  };
  const running = [report(), ...Array.from({ length: WRITERS }, write)];
  return {
    take: () => {
      const before = taken;
      taken = [];
      return before;
    },
    refused: () => refused,
    stop: async () => {
      stop.abort();
      await Promise.all(running);
      await db.destroy();
    },
  };
}

/** As the version before writes it: the row, its personal data and its outbox row in one statement. */
async function insertClick(db: Db, { workspace, campaign, offer }: Place): Promise<void> {
  const nowMs = Date.now();
  const [click, visitor] = [mintId('clk', nowMs), mintId('vis', nowMs)].map(uuidFromId);
  await db.raw(INSERT_CLICK, {
    ...{ workspace, campaign, offer },
    ...{ click, visitor, at: new Date(nowMs) },
  });
}

const INSERT_CLICK = `
  WITH click AS (
    INSERT INTO clicks (click_id, workspace_id, campaign_id, campaign_version, offer_id, visitor_id, clicked_at, expires_at,
      subs, ad_ids, utm)
    VALUES (:click, :workspace, :campaign, 1, :offer, :visitor, :at, CAST(:at AS timestamptz) + interval '30 days', '{}', '{}', '{}')
  ), raw AS (
    INSERT INTO click_raw (click_id, ip, user_agent) VALUES (:click, '192.0.2.1', 'bench')
  )
  INSERT INTO outbox (lane, kind, workspace_id, ref_id, available_at) VALUES (2, 'click', :workspace, :click, :at)`;
