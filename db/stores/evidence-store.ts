import { parseCurrency } from '../../domain/currencies';
import { type CountryRule, parseCountry, parseRegion } from '../../domain/fraud/country';
import type { EventEvidence } from '../../domain/fraud/event-evidence';
import { DEFAULT_RULE_SET } from '../../domain/fraud/rule';
import { type ClickId, type EventId, idFromUuid, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Money } from '../../domain/money';
import { parseInstant } from '../../domain/time';
import type { Db } from '../knex';
import { nullableVerdict, type VerdictColumns } from '../read-models/row-values';
import type { RuleSetRef } from './fraud-rule-store';

/** A click without a verdict, as it was recorded, and the version of the rules that was in force at its time. */
export type UnjudgedClick = RuleSetRef & {
  readonly clickId: ClickId;
  readonly clickedAtMs: number;
  readonly userAgent: string | null;
  readonly ip: string | null;
  /** Makes the workspace's own hashes of addresses. */
  readonly velocitySalt: Buffer;
  /** When the same visitor last clicked the same campaign before; null when never. */
  readonly previousClickAtMs: number | null;
  /** Of a test link: it is counted nowhere. */
  readonly isTest: boolean;
};

type ClickRow = {
  click_id: string;
  workspace_id: string;
  clicked_at: Date;
  user_agent: string | null;
  ip: string | null;
  velocity_salt: Buffer;
  previous_at: Date | null;
  is_test: boolean;
  rules_version: number | null;
};

/** Clicks of the list that exist and have no verdict yet, with what the rules may know of them. One statement. */
export async function loadUnjudgedClicks(db: Db, clickIds: readonly ClickId[]): Promise<UnjudgedClick[]> {
  const { rows } = await db.raw<{ rows: ClickRow[] }>(
    `SELECT c.click_id, c.workspace_id, c.clicked_at, r.user_agent, host(r.ip) AS ip, w.velocity_salt,
       p.clicked_at AS previous_at, c.is_test, s.version AS rules_version
     FROM clicks AS c
     JOIN workspaces AS w ON w.workspace_id = c.workspace_id
     LEFT JOIN click_raw AS r ON r.click_id = c.click_id
     LEFT JOIN LATERAL (
       SELECT earlier.clicked_at FROM clicks AS earlier
       WHERE earlier.visitor_id = c.visitor_id AND earlier.campaign_id = c.campaign_id
         AND earlier.click_id < c.click_id AND NOT earlier.is_test AND NOT c.is_test
       ORDER BY earlier.click_id DESC LIMIT 1
     ) AS p ON true
     LEFT JOIN LATERAL (
       SELECT f.version FROM fraud_rule_sets AS f
       WHERE f.workspace_id = c.workspace_id AND f.created_at <= c.clicked_at ORDER BY f.version DESC LIMIT 1
     ) AS s ON true
     WHERE c.click_id = ANY(?)
       AND NOT EXISTS (SELECT 1 FROM verdicts AS v WHERE v.subject_kind = 'click' AND v.subject_id = c.click_id)`,
    [clickIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    clickId: idFromUuid('clk', row.click_id),
    workspaceId: idFromUuid('wsp', row.workspace_id),
    rulesVersion: row.rules_version ?? DEFAULT_RULE_SET.version,
    clickedAtMs: row.clicked_at.getTime(),
    userAgent: row.user_agent,
    ip: row.ip,
    velocitySalt: row.velocity_salt,
    previousClickAtMs: row.previous_at?.getTime() ?? null,
    isTest: row.is_test,
  }));
}

type EventRow = VerdictColumns & {
  workspace_id: string;
  kind: EventEvidence['kind'];
  occurred_at: Date;
  source_id: string;
  amount_minor: bigint | null;
  currency: string | null;
  attributes: Readonly<Record<string, unknown>>;
  user_agent: string | null;
  is_reported_elsewhere: boolean;
  clicked_at: Date | null;
  country_mode: CountryRule['mode'] | null;
  countries: string[] | null;
  rules_version: number | null;
};

/**
 * What the rules may know of an event, and the version of the rules that was in force at the event's time; null for
 * an unknown event. An event that names no click is measured against the click by which its player is known, but
 * takes over only the verdict of a click that it names: whether the player is known yet depends on arrival.
 */
export async function loadEventEvidence(
  db: Db,
  eventId: EventId,
): Promise<(RuleSetRef & { readonly evidence: EventEvidence }) | null> {
  const { rows } = await db.raw<{ rows: EventRow[] }>(
    `SELECT e.workspace_id, e.kind, e.occurred_at, e.source_id, e.amount_minor, e.currency, e.attributes, r.user_agent,
       EXISTS (
         SELECT 1 FROM events AS o
         WHERE o.workspace_id = e.workspace_id AND o.brand_id = e.brand_id AND o.kind = e.kind
           AND o.transaction_key = e.transaction_key AND o.source_id <> e.source_id
           AND o.event_id < e.event_id
       ) AS is_reported_elsewhere,
       c.clicked_at, t.country_mode, t.countries, v.outcome, v.score, v.reasons, s.version AS rules_version
     FROM events AS e
     LEFT JOIN event_raw AS r ON r.event_id = e.event_id
     LEFT JOIN quarantine AS q ON q.event_id = e.event_id
     LEFT JOIN player_bindings AS b ON b.player_id = e.player_id
     LEFT JOIN clicks AS c ON c.click_id = coalesce(q.matched_click_id, e.click_id, b.click_id)
       AND c.workspace_id = e.workspace_id
     LEFT JOIN campaign_versions AS t ON t.campaign_id = c.campaign_id AND t.version = c.campaign_version
     LEFT JOIN verdicts AS v ON v.subject_kind = 'click' AND v.subject_id = c.click_id
       AND c.click_id = coalesce(q.matched_click_id, e.click_id)
     LEFT JOIN LATERAL (
       SELECT f.version FROM fraud_rule_sets AS f
       WHERE f.workspace_id = e.workspace_id AND f.created_at <= e.occurred_at ORDER BY f.version DESC LIMIT 1
     ) AS s ON true
     WHERE e.event_id = ?`,
    [uuidFromId(eventId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const workspaceId: WorkspaceId = idFromUuid('wsp', row.workspace_id);
  return {
    workspaceId,
    rulesVersion: row.rules_version ?? DEFAULT_RULE_SET.version,
    evidence: toEvidence(row),
  };
}

function toEvidence(row: EventRow): EventEvidence {
  const country = parseCountry(textOf(row, 'country') ?? '');
  const installBegan = parseInstant(textOf(row, 'installBeginAt') ?? '');
  const { emailVerified } = row.attributes;
  return {
    kind: row.kind,
    occurredAtMs: row.occurred_at.getTime(),
    country,
    region: country === null ? null : parseRegion(textOf(row, 'region') ?? '', country),
    product: textOf(row, 'product'),
    money: moneyOf(row),
    source: idFromUuid('src', row.source_id),
    userAgent: row.user_agent,
    emailVerified: typeof emailVerified === 'boolean' ? emailVerified : null,
    kycStatus: textOf(row, 'kycStatus'),
    rejectionReason: textOf(row, 'rejectionReason'),
    installBeganAtMs: installBegan.ok ? installBegan.ms : null,
    isReportedElsewhere: row.is_reported_elsewhere,
    click:
      row.clicked_at === null
        ? null
        : {
            clickedAtMs: row.clicked_at.getTime(),
            verdict: nullableVerdict(row),
            countries: countryRule(row),
          },
  };
}

function textOf({ attributes }: EventRow, name: string): string | null {
  const value = attributes[name];
  return typeof value === 'string' ? value : null;
}

function moneyOf({ amount_minor: amountMinor, currency: code }: EventRow): Money | null {
  const currency = parseCurrency(code ?? '');
  return amountMinor === null || currency === null ? null : { amountMinor, currency };
}

function countryRule({ country_mode: mode, countries: list }: EventRow): CountryRule | null {
  return mode === null || list === null ? null : { mode, list };
}
