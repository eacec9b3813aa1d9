import { formatMinor } from '../../domain/money';
import { BROWSERS, COUNTRIES, LANGUAGES } from '../cast';
import { type EventRequest, eventRequest } from '../event-request';
import { followLink } from '../follow-link';
import { jsonOf } from '../http-client';
import { paragraph } from '../paragraph';
import type { PlannedEvent } from '../plan-deliveries';
import { eventReceipt } from '../responses';
import type { ScriptedEvent } from '../script';
import { CAST, type Scene } from './scene';
import { newPlayer, type Player } from './story';

/** How the instance took a report: its own word, or `refused` with whatever was answered. */
export type Receipt = 'accepted' | 'duplicate' | 'quarantined' | 'refused';

/** A new visitor follows the campaign's link, and is told so. Null when there was no redirect. */
export async function clickAsNewVisitor(
  { session, setUp, story, output }: Scene,
  userAgent: string = BROWSERS[0],
): Promise<Player | null> {
  const visitor = newPlayer(story);
  const { instance, http, runId } = session;
  const path = `${setUp.campaigns[CAST].linkPath}?sub1=${visitor.label}`;
  const startedMs = performance.now();
  const followed = await followLink(http, {
    url: instance.apiUrl + path,
    jar: visitor.jar,
    language: LANGUAGES[0],
    userAgent,
  });
  const tookMs = Math.round(performance.now() - startedMs);
  tell(
    output,
    'sent',
    `a visitor${userAgent === '' ? ' who says nothing of his browser' : ''} follows the link: GET ${path}`,
  );
  if (!followed.ok) {
    tell(output, 'answered', `${followed.got} in ${tookMs} ms, and no redirect with our click id`);
    return null;
  }
  const { clickId, landing } = followed;
  tell(output, 'answered', `302 to ${landing.host} in ${tookMs} ms, ${clickId}`);
  const player: Player = { ...visitor, clickId, clickedAtMs: Date.now() };
  player.expected.push({
    what: `the verdict on ${clickId}`,
    isShown: ({ click }) => Boolean(click.verdict),
  });
  tell(output, 'known as', `player ${runId}-player-${player.label} in the casino`);
  return player;
}

/** Reports an event of the player as the casino does, and prints what was sent and answered. */
export async function report(scene: Scene, player: Player, event: ScriptedEvent): Promise<Receipt> {
  const { session, setUp, story, output } = scene;
  const planned: PlannedEvent = {
    ...event,
    repetition: 'once',
    channel: channelOf(event),
    country: COUNTRIES[0],
  };
  const { clickId, clickedAtMs, label } = player;
  const { apiUrl } = session.instance;
  const context = { runId: session.runId, label, clickId, clickedAtMs, apiUrl, source: setUp.source };
  const request = eventRequest(planned, context, Date.now());
  player.latestAfterMs = Math.max(player.latestAfterMs, event.occursAfterMs);
  // Noted before it is sent: after an outage nobody knows whether it arrived, and sending it again settles that.
  story.lastEvent = { player, request };
  const { pathname } = new URL(request.url);
  tell(output, 'sent', `${describe(event)}: POST ${pathname} (${request.eventId})`);
  return post(scene, request);
}

/** Sends a request, once more or for the first time, and prints the answer. */
export async function post({ session, output }: Scene, request: EventRequest): Promise<Receipt> {
  const startedMs = performance.now();
  const { url, headers, body } = request;
  const answer = await session.http.send({ method: 'POST', url, headers, body });
  const tookMs = Math.round(performance.now() - startedMs);
  const receipt = answer.status === 200 ? eventReceipt.safeParse(jsonOf(answer)) : undefined;
  if (!receipt?.success) {
    tell(output, 'answered', `${answer.status} in ${tookMs} ms: ${answer.text.slice(0, 200)}`);
    return 'refused';
  }
  const { status, id } = receipt.data;
  tell(output, 'answered', `200 ${status} in ${tookMs} ms${id === undefined ? '' : `, ${id}`}`);
  return status;
}

/** An app's install reaches us through the generic endpoint, everything else through the casino's webhook. */
function channelOf({ kind }: ScriptedEvent): PlannedEvent['channel'] {
  return kind === 'install' ? 'track' : 'keyed';
}

function describe({ kind, status, money, namesClick, occursAfterMs }: ScriptedEvent): string {
  const amount =
    money === undefined ? '' : ` of ${formatMinor(money.amountMinor, money.currency)} ${money.currency}`;
  const by = namesClick ? 'naming the click' : 'naming the player only';
  const seconds = Math.round(occursAfterMs / 1_000);
  return `${kind}${amount}${status === undefined ? '' : `, ${status}`}, ${by}, ${seconds} s after the click`;
}

function tell(output: Scene['output'], label: string, text: string): void {
  for (const line of paragraph(label, [text])) output.line(line);
}
