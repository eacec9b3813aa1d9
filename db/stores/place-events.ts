import { type ClickId, type EventId, idFromUuid, type PlayerId, parseId, uuidFromId } from '../../domain/ids';
import type { RuleMatch } from '../../domain/quarantine/rule-match';
import { MAX_CLOCK_LEAD_MS } from '../../domain/time';
import type { Db } from '../knex';
import { type EventQuarantineReason, type Fact, goesOn, insertFacts, type NamedClick } from './event-facts';
import type { Arrival } from './event-receipts';
import { excludePlayers } from './exclusion-store';
import type { NewEvent } from './new-event';
import { type LockedPlayer, lockPlayers, markLinked, type NamedPlayer, playerName } from './player-store';
import { releaseForPlayers } from './quarantine-store';
import { findRuleMatches } from './rule-match-store';

type Surroundings = { readonly nowMs: number; readonly hasRules: (id: EventId) => boolean };

/**
 * Stores events whose receipts are new: each with its player and click, on its way or in quarantine, and with what
 * follows from it for its player.
 */
export async function placeEvents(
  trx: Db,
  arrivals: readonly Arrival[],
  { nowMs, hasRules }: Surroundings,
): Promise<Map<EventId, Fact>> {
  const players = await lockPlayers(trx, arrivals.flatMap(namedPlayer), nowMs);
  const clicks = await findClicks(trx, arrivals);
  const linked = new Set<PlayerId>();
  const waiting = arrivals.map((arrival) => {
    const [named] = namedPlayer(arrival);
    const player = named === undefined ? null : (players.get(playerName(named)) ?? null);
    const click = clicks.get(arrival.id) ?? { clickId: null, isKnown: false };
    const isLinked = player !== null && (player.isLinked || linked.has(player.playerId));
    const reason = quarantineReason(arrival.event, { player, isLinked, click }, nowMs);
    // Whoever comes later in the batch finds the player as this one leaves it.
    if (reason === null && player !== null) linked.add(player.playerId);
    return { ...arrival, playerId: player?.playerId ?? null, click, reason, nowMs };
  });
  const matches = await matchArrivals(
    trx,
    waiting.filter((one) => mayMatch(one) && hasRules(one.id)),
  );
  const facts = waiting.map((one): Fact => ({ ...one, match: matches.get(one.id) ?? null }));
  await insertFacts(trx, facts);
  const excluding = facts.filter((fact) => fact.event.kind === 'self_exclusion' && goesOn(fact));
  if (excluding.length > 0) {
    await excludePlayers(
      trx,
      excluding.map(({ id }) => id),
    );
  }
  await linkPlayers(trx, facts, players, nowMs);
  return new Map(facts.map((fact) => [fact.id, fact]));
}

/** An event that names a click of ours waits for that one; rules take it up when it has waited in vain. */
function mayMatch({ reason, click }: Pick<Fact, 'reason' | 'click'>): boolean {
  return reason !== null && reason !== 'clock_suspect' && click.clickId === null;
}

function namedPlayer({ event }: Arrival): NamedPlayer[] {
  const { workspaceId, brandId, playerExternalId } = event;
  return playerExternalId === null ? [] : [{ workspaceId, brandId, externalId: playerExternalId }];
}

async function matchArrivals(trx: Db, arrivals: readonly Arrival[]): Promise<Map<EventId, RuleMatch>> {
  const subjects = arrivals.map(({ id, event, receivedAtMs }) => ({
    ...event,
    eventId: id,
    occurredAtMs: event.occurredAtMs ?? receivedAtMs,
    rawBody: event.raw.body,
  }));
  return findRuleMatches(trx, subjects);
}

/** Players of whom something goes on for the first time; what has waited for them goes on as well. */
async function linkPlayers(
  trx: Db,
  facts: readonly Fact[],
  players: ReadonlyMap<string, LockedPlayer>,
  nowMs: number,
): Promise<void> {
  const going = new Set(facts.filter(goesOn).map(({ playerId }) => playerId));
  const linked = [...players.values()]
    .filter(({ playerId, isLinked }) => !isLinked && going.has(playerId))
    .map(({ playerId }) => playerId);
  if (linked.length === 0) return;
  await markLinked(trx, linked, nowMs);
  await releaseForPlayers(trx, linked, nowMs);
}

async function findClicks(trx: Db, arrivals: readonly Arrival[]): Promise<Map<EventId, NamedClick>> {
  const named = arrivals.flatMap(({ id, event }) => {
    const clickId = event.clickRef === null ? null : parseId('clk', event.clickRef);
    return clickId === null ? [] : [{ id, clickId, workspaceId: event.workspaceId }];
  });
  if (named.length === 0) return new Map();
  const { rows } = await trx.raw<{ rows: { click_id: string; workspace_id: string }[] }>(
    'SELECT click_id, workspace_id FROM clicks WHERE click_id = ANY(?::uuid[])',
    [named.map(({ clickId }) => uuidFromId(clickId))],
  );
  const owners = new Map(
    rows.map((row) => [idFromUuid('clk', row.click_id), idFromUuid('wsp', row.workspace_id)]),
  );
  return new Map(
    named.map(({ id, clickId, workspaceId }) => [id, clickOf(clickId, workspaceId, owners.get(clickId))]),
  );
}

function clickOf(clickId: ClickId, workspaceId: string, owner: string | undefined): NamedClick {
  if (owner === undefined) return { clickId, isKnown: false };
  return owner === workspaceId ? { clickId, isKnown: true } : { clickId: null, isKnown: false };
}

/** Null when the event can be settled: its click is known, or its player already belongs to one. */
function quarantineReason(
  event: NewEvent,
  known: { readonly player: LockedPlayer | null; readonly isLinked: boolean; readonly click: NamedClick },
  nowMs: number,
): EventQuarantineReason | null {
  if (event.occurredAtMs !== null && event.occurredAtMs > nowMs + MAX_CLOCK_LEAD_MS) return 'clock_suspect';
  if (known.click.isKnown || known.isLinked) return null;
  if (event.clickRef === null) return 'unknown_player';
  return known.player === null ? 'unknown_click' : 'unknown_click_and_player';
}
