import { type CampaignId, type PartnerId, uuidFromId, type WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { groupKeySql, groupsOf, largestGroupsSql, type Placed } from './largest-groups';
import { nullableUuid } from './row-values';
import { localDaySql, localHourSql } from './scenario-cover';
import { isProvenSql } from './trust';
import { CLICKED_IN_RANGE } from './value-facts';

const ZONE = 'CAST(:zone AS text)';
/** By what the clicks of a funnel may be grouped, and how a click `c` says where it belongs. */
const KEYS = {
  all: 'NULL::text',
  campaign: 'c.campaign_id::text',
  partner: 'c.partner_id::text',
  source: groupKeySql(`(c.utm->>'utm_source')`),
  creative: groupKeySql(`(c.utm->>'utm_content')`),
  keyword: groupKeySql(`(c.utm->>'utm_term')`),
  day: `${localDaySql('c.clicked_at', ZONE)}::text`,
  weekday: `extract(isodow FROM ${localDaySql('c.clicked_at', ZONE)})::text`,
  hour: localHourSql('c.clicked_at', ZONE),
} as const;
export type FunnelGrouping = keyof typeof KEYS;

/** Groups of time are few and have an order of their own. */
const OF_TIME: ReadonlySet<FunnelGrouping> = new Set(['all', 'day', 'weekday', 'hour']);
/** Anybody can click under keywords of his own, so what clicks led to comes first. */
const SIZES = ['registrations', 'clicks'];
const STEPS = ['clicks', 'installs', 'registrations', 'deposits', 'at_click', 'at_install'] as const;

export type FunnelQuestion = {
  readonly fromDay: string;
  readonly toDay: string;
  readonly timeZone: string;
  readonly groupBy: FunnelGrouping;
  readonly campaignId?: CampaignId | undefined;
  readonly partnerId?: PartnerId | undefined;
};

/** How far the clicks of a range have come by now, in parts per million of a click. */
export type Funnel = {
  readonly clicksPpm: bigint;
  readonly installsPpm: bigint;
  readonly registrationsPpm: bigint;
  readonly firstDepositsPpm: bigint;
  /** Clicks that came this far and no further. */
  readonly endedAt: {
    readonly clickPpm: bigint;
    readonly installPpm: bigint;
    readonly registrationPpm: bigint;
  };
};

export type FunnelReport = {
  readonly total: Funnel;
  /** The largest, largest first; those of time in their order. */
  readonly groups: readonly { readonly key: string | null; readonly funnel: Funnel }[];
  /** All other groups together; null when there are none. */
  readonly rest: Funnel | null;
  readonly leftOut: number;
};

type Row = Placed & Readonly<Record<(typeof STEPS)[number], string>>;

/**
 * The chain of the clicks that were made in a range, whenever what followed took place. A click has come as far as the
 * conversions that it is credited with, in parts when it shares them. The install is optional, and a deposit whose
 * registration came late or never has passed the registration; so no step is ever smaller than the next.
 */
export async function readFunnel(
  db: Db,
  workspaceId: WorkspaceId,
  question: FunnelQuestion,
): Promise<FunnelReport> {
  const { rows } = await db.raw<{ rows: Row[] }>(funnelSql(question.groupBy), {
    workspace: uuidFromId(workspaceId),
    from: question.fromDay,
    to: question.toDay,
    zone: question.timeZone,
    campaign: nullableUuid(question.campaignId),
    partner: nullableUuid(question.partnerId),
  });
  const { groups, rest, leftOut } = groupsOf(rows);
  return {
    // Each click is in one group, so the groups add up to the whole.
    total: funnelOf(rows),
    groups:
      question.groupBy === 'all' ? [] : groups.map(({ key, rows: own }) => ({ key, funnel: funnelOf(own) })),
    rest: leftOut === 0 ? null : funnelOf(rest),
    leftOut,
  };
}

function funnelSql(groupBy: FunnelGrouping): string {
  const credited = (condition: string) =>
    `least(1000000, coalesce(sum(a.weight_ppm) FILTER (WHERE ${condition}), 0))`;
  return largestGroupsSql({
    rows: `SELECT key, count(*) * 1000000::numeric AS clicks, coalesce(sum(installed), 0) AS installs,
        coalesce(sum(greatest(registered, deposited)), 0) AS registrations, coalesce(sum(deposited), 0) AS deposits,
        coalesce(sum(1000000 - greatest(installed, registered, deposited)), 0) AS at_click,
        coalesce(sum(greatest(installed, registered, deposited) - greatest(registered, deposited)), 0) AS at_install
      FROM (
        SELECT c.click_id, ${KEYS[groupBy]} AS key,
          ${credited(`n.kind = 'install' AND n.status <> 'pending'`)} AS installed,
          ${credited(`n.kind = 'registration' AND n.status <> 'pending'`)} AS registered,
          ${credited('n.is_first_deposit')} AS deposited
        FROM clicks AS c
        LEFT JOIN attribution_credits AS a ON a.touch_id = c.click_id
        LEFT JOIN conversions AS n ON n.conversion_id = a.conversion_id AND n.status NOT IN ('rejected', 'reversed')
          AND ${isProvenSql('n')}
        WHERE c.workspace_id = :workspace AND NOT c.is_test AND ${CLICKED_IN_RANGE}
          AND (CAST(:campaign AS uuid) IS NULL OR c.campaign_id = :campaign)
          AND (CAST(:partner AS uuid) IS NULL OR c.partner_id = :partner)
        GROUP BY 1, 2
      ) AS reached GROUP BY key`,
    beside: [],
    metrics: STEPS,
    sizes: OF_TIME.has(groupBy) ? [] : SIZES,
  });
}

function funnelOf(rows: readonly Row[]): Funnel {
  return rows.map(toFunnel).reduce(addFunnel, NOBODY);
}

const NOBODY: Funnel = {
  clicksPpm: 0n,
  installsPpm: 0n,
  registrationsPpm: 0n,
  firstDepositsPpm: 0n,
  endedAt: { clickPpm: 0n, installPpm: 0n, registrationPpm: 0n },
};

function addFunnel(a: Funnel, b: Funnel): Funnel {
  return {
    clicksPpm: a.clicksPpm + b.clicksPpm,
    installsPpm: a.installsPpm + b.installsPpm,
    registrationsPpm: a.registrationsPpm + b.registrationsPpm,
    firstDepositsPpm: a.firstDepositsPpm + b.firstDepositsPpm,
    endedAt: {
      clickPpm: a.endedAt.clickPpm + b.endedAt.clickPpm,
      installPpm: a.endedAt.installPpm + b.endedAt.installPpm,
      registrationPpm: a.endedAt.registrationPpm + b.endedAt.registrationPpm,
    },
  };
}

function toFunnel(row: Row): Funnel {
  const [registrationsPpm, firstDepositsPpm] = [BigInt(row.registrations), BigInt(row.deposits)];
  return {
    clicksPpm: BigInt(row.clicks),
    installsPpm: BigInt(row.installs),
    registrationsPpm,
    firstDepositsPpm,
    endedAt: {
      clickPpm: BigInt(row.at_click),
      installPpm: BigInt(row.at_install),
      registrationPpm: registrationsPpm - firstDepositsPpm,
    },
  };
}
