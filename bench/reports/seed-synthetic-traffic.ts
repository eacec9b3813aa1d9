import type { Db } from '../../db/knex';
import { ensurePartitions } from '../../db/partitions';
import { recountTraffic } from '../../db/stores/traffic-store';
import { parseId, uuidFromId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import type { Stage } from '../load/deposit-traffic';

export type SyntheticTraffic = {
  readonly workspaceUuid: string;
  readonly stages: readonly Pick<Stage, 'campaignId' | 'offerId' | 'partnerId'>[];
  /** Clicks to add to what is there. */
  readonly clicks: number;
  /** Tells this part from the others in what must be unique. */
  readonly part: number;
  readonly days: number;
  /** SQL for the keyword of the n-th click; without it clicks have none. */
  readonly keyword?: string;
};

const CLICKS_AT_ONCE = 250_000;
/** One click in so many registers, and one registration in so many deposits. */
const CLICKS_PER_REGISTRATION = 25;
const REGISTRATIONS_PER_DEPOSIT = 4;

/**
 * Clicks of the last days, evenly spread over the time, the campaigns and the kinds of device, with registrations and
 * first deposits that were settled and credited to them. As rows, because no one sends millions of requests for a
 * report. Without commissions and without raw requests, which no report reads. Says when counting has to begin.
 */
export async function seedSyntheticTraffic(db: Db, traffic: SyntheticTraffic): Promise<{ fromMs: number }> {
  const { fromMs } = await seedSyntheticRows(db, traffic);
  await recountTraffic(db, fromMs);
  return { fromMs };
}

/** The rows alone, not counted into any rollup. */
export async function seedSyntheticRows(db: Db, traffic: SyntheticTraffic): Promise<{ fromMs: number }> {
  const nowMs = Date.now();
  const fromMs = nowMs - traffic.days * DAY_MS;
  await ensurePartitions(db, fromMs);
  await db.raw(
    'CREATE TABLE IF NOT EXISTS synthetic_campaigns (nth int, campaign uuid, offer uuid, partner uuid)',
  );
  await db('synthetic_campaigns').delete();
  await db('synthetic_campaigns').insert(traffic.stages.map(campaignRow));
  for (let start = 0; start < traffic.clicks; start += CLICKS_AT_ONCE) {
    const end = Math.min(start + CLICKS_AT_ONCE, traffic.clicks);
    const stepMs = (nowMs - fromMs) / traffic.clicks;
    await addPart(db, { ...traffic, start, end, fromMs, stepMs });
  }
  await db.raw('ANALYZE');
  return { fromMs };
}

function campaignRow({ campaignId, offerId, partnerId }: SyntheticTraffic['stages'][number], nth: number) {
  const [campaign, offer, partner] = [
    parseId('cmp', campaignId),
    parseId('off', offerId),
    parseId('ptn', partnerId),
  ];
  if (campaign === null || offer === null || partner === null)
    throw new Error(`${campaignId} is no campaign.`);
  return { nth, campaign: uuidFromId(campaign), offer: uuidFromId(offer), partner: uuidFromId(partner) };
}

type Part = SyntheticTraffic & { start: number; end: number; fromMs: number; stepMs: number };

/** In one transaction. Numbers stand in the text: a statement of so many expressions knows no type for a parameter. */
async function addPart(db: Db, part: Part): Promise<void> {
  const { click, visitor } = KEYS;
  const utm = part.keyword === undefined ? `'{}'` : `jsonb_build_object('utm_term', ${part.keyword})`;
  await db.transaction(async (trx) => {
    await trx.raw(
      `CREATE TEMPORARY TABLE synthetic ON COMMIT DROP AS
       SELECT n, ${part.part} AS part, at_ms, to_timestamp(at_ms / 1000.0) AS at, s.*,
         '${part.workspaceUuid}'::uuid AS workspace, b.brand_id AS brand, k.source_id AS source
       FROM (SELECT n, (${part.fromMs}::float8 + n * ${part.stepMs}::float8)::bigint AS at_ms
             FROM generate_series(${part.start}::bigint, ${part.end - 1}::bigint) AS n) AS g
       JOIN synthetic_campaigns AS s ON s.nth = (g.n * 7) % ${part.stages.length}
       JOIN brands AS b ON b.workspace_id = '${part.workspaceUuid}' AND b.is_default
       JOIN sources AS k ON k.workspace_id = '${part.workspaceUuid}' AND k.kind = 'api'`,
    );
    await trx.raw(
      `INSERT INTO clicks (click_id, workspace_id, campaign_id, campaign_version, offer_id, partner_id, visitor_id,
         clicked_at, expires_at, subs, ad_ids, utm, device)
       SELECT ${click}, workspace, campaign, 1, offer, partner, ${visitor}, at, at + interval '30 days', '{}', '{}', ${utm},
         (ARRAY['mobile', 'desktop', 'tablet'])[1 + n % 3]
       FROM synthetic ORDER BY n`,
    );
    await trx.raw(
      `INSERT INTO players (player_id, workspace_id, brand_id, external_id, created_at)
       SELECT ${KEYS.player}, workspace, brand, part || '-' || n, at FROM synthetic WHERE ${REGISTERS}`,
    );
    for (const conversion of [REGISTRATION, DEPOSIT]) await addConversions(trx, conversion);
  });
}

/** SQL: a v7 key of a moment after the click, which is the same whenever it is asked for. */
function key(what: string, laterMs: number): string {
  const hash = `md5('${what}-' || part || '-' || n)`;
  const time = `lpad(to_hex(at_ms + ${laterMs}), 12, '0')`;
  return `(${time} || '7' || substr(${hash}, 1, 3) || '8' || substr(${hash}, 4, 15))::uuid`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEYS = { click: key('click', 0), visitor: key('visitor', 0), player: key('player', MINUTE) };
const REGISTERS = `n % ${CLICKS_PER_REGISTRATION} = 0`;
const COUNTRY = `(ARRAY['DE', 'GB', 'ES', 'BR', 'FI'])[1 + (n / ${CLICKS_PER_REGISTRATION}) % 5]`;

type Conversions = {
  readonly kind: 'registration' | 'deposit';
  readonly laterMs: number;
  readonly where: string;
  readonly amount: string;
  readonly currency: string;
  readonly status: string;
};
/** A minute after the click. */
const REGISTRATION: Conversions = {
  ...{ kind: 'registration', laterMs: MINUTE, where: REGISTERS },
  ...{ amount: 'NULL::bigint', currency: 'NULL', status: 'NULL' },
};
/** A first deposit of 50.00, an hour after the click. */
const DEPOSIT: Conversions = {
  ...{
    kind: 'deposit',
    laterMs: HOUR,
    where: `n % ${CLICKS_PER_REGISTRATION * REGISTRATIONS_PER_DEPOSIT} = 0`,
  },
  ...{ amount: '5000', currency: `'EUR'`, status: `'confirmed'` },
};

/** Events that were received, settled and credited to their clicks. */
async function addConversions(
  trx: Db,
  { kind, laterMs, where, amount, currency, status }: Conversions,
): Promise<void> {
  const [event, conversion] = [key(`${kind}-event`, laterMs), key(kind, laterMs)];
  const at = `at + interval '${laterMs} milliseconds'`;
  const name = `'${kind}-' || part || '-' || n`;
  await trx.raw(
    `INSERT INTO inbox (event_id, workspace_id, brand_id, event_key, body_hash, received_at)
     SELECT ${event}, workspace, brand, ${name}, decode('00', 'hex'), ${at} FROM synthetic WHERE ${where}`,
  );
  await trx.raw(
    `INSERT INTO events (event_id, workspace_id, brand_id, source_id, kind, trust, sender_event_id, transaction_key, status,
       click_ref, click_id, click_was_known, player_id, amount_minor, currency, occurred_at, occurred_at_source, received_at,
       attributes, handled_at)
     SELECT ${event}, workspace, brand, source, '${kind}', 'keyed', ${name}, ${name}, ${status}, ${KEYS.click}::text, ${KEYS.click},
       true, ${KEYS.player}, ${amount}, ${currency}, ${at}, 'sender', ${at}, jsonb_build_object('country', ${COUNTRY}), ${at}
     FROM synthetic WHERE ${where}`,
  );
  await trx.raw(
    `INSERT INTO conversions (conversion_id, workspace_id, brand_id, kind, transaction_key, revision, event_id, player_id,
       click_id, campaign_id, status, is_first_deposit, occurred_at, amount_minor, currency, attribution_model, inputs_hash,
       created_at, updated_at)
     SELECT ${conversion}, workspace, brand, '${kind}', ${name}, 1, ${event}, ${KEYS.player}, ${KEYS.click}, campaign,
       'approved', ${String(kind === 'deposit')}, ${at}, ${amount}, ${currency}, 'last_touch', 'synthetic', ${at}, ${at}
     FROM synthetic WHERE ${where}`,
  );
  await trx.raw(
    `INSERT INTO attribution_credits (conversion_id, touch_kind, touch_id, partner_id, weight_ppm, amount_minor)
     SELECT ${conversion}, 'click', ${KEYS.click}, partner, 1000000, ${amount} FROM synthetic WHERE ${where}`,
  );
}
