import { z } from 'zod';
import { conversionName, type Look, lookAt, readBooks, type WatchedConversion } from '../look';
import { type PostbackRead, playerRead, trialBalance, type VerdictRead } from '../responses';
import { checkSink } from '../sink-check';
import type { Aspect, Seen } from './aspects';
import { counted } from './differences';
import type { Player } from './player';
import { DEAL, type Props, type Theatre } from './theatre';

/** What the instance shows of a scenario at one moment, and what no scenario may ever show. */
export type Observation = {
  seen: Seen;
  /** Always wrong: books that do not add up, a destination that was told what nobody claims, or told twice alike. */
  wrong: readonly string[];
  /** Of the first visitor's journey, where a person may look. */
  temporalUrl: string | null;
};

const quarantined = z.looseObject({ eventId: z.string(), kind: z.string(), reason: z.string() });

/** Reads the aspects that are asked for; the others stay empty. */
export async function observe(
  theatre: Theatre,
  { props, players, answers }: { props: Props; players: readonly Player[]; answers: readonly string[] },
  aspects: readonly Aspect[],
): Promise<Observation> {
  const { api, runId, sink } = theatre.session;
  const looks = (await Promise.all(players.map((player) => looksOf(theatre, player)))).flat();
  const postbacks = uniquePostbacks(looks).filter((one) => one.destinationId === props.destinationId);
  const conversions = uniqueConversions(looks);
  const isAsked = (aspect: Aspect): boolean => aspects.includes(aspect);
  const [value, quarantine, books] = await Promise.all([
    isAsked('value') ? valueTexts(theatre, players) : [],
    isAsked('quarantine') ? quarantineTexts(theatre, players) : [],
    readBooks(api, props.partnerId, DEAL.currency),
  ]);
  const attempts = sink.attempts.filter(({ target }) => target.includes(`/partner_url/${nameOf(props)}?`));
  return {
    seen: {
      answers,
      stage: looks.map(({ click }) => click.journey.stage),
      verdicts: counted([
        ...looks.map(({ click }) => verdictText('click', click.verdict)),
        ...conversions.map((one) => verdictText(one.event.replace('_', ' '), one.verdict)),
      ]),
      conversions: conversions.map(conversionText),
      value,
      quarantine,
      balance: [`${books.payable} ${DEAL.currency}`],
      postbacks: postbacks.map(postbackText),
    },
    wrong: [...(await unbalanced(theatre)), ...checkSink(attempts, [], postbacks, runId).problems],
    temporalUrl: looks[0]?.click.journey.temporalUrl ?? null,
  };
}

function nameOf({ slug }: Props): string {
  return slug.slice(0, slug.lastIndexOf('-'));
}

async function looksOf({ session: { api, runId } }: Theatre, player: Player): Promise<Look[]> {
  const { label, clickIds } = player;
  return Promise.all(clickIds.map((clickId) => lookAt(api, { clickId, label, runId })));
}

function uniqueConversions(looks: readonly Look[]): WatchedConversion[] {
  const byId = new Map(looks.flatMap(({ conversions }) => conversions.map((one) => [one.conversionId, one])));
  return [...byId.values()].toSorted((a, b) => ((a.occurredAt ?? '') < (b.occurredAt ?? '') ? -1 : 1));
}

function uniquePostbacks(looks: readonly Look[]): PostbackRead[] {
  const byId = new Map(looks.flatMap(({ postbacks }) => postbacks.map((one) => [one.postbackId, one])));
  return [...byId.values()];
}

/** `click: review 50, bot_user_agent`; a reason that decided nothing says so. */
function verdictText(what: string, verdict: VerdictRead | null | undefined): string {
  if (!verdict) return `${what}: not judged yet`;
  const reasons = (verdict.reasons ?? []).map(({ code, mode }) =>
    mode === 'suspicious' ? `${code} (suspicious)` : code,
  );
  return [`${what}: ${verdict.outcome} ${verdict.score ?? 0}`, ...reasons].join(', ');
}

/** `first deposit of 50.00 EUR approved, commission 40.00 (first_deposit)`. */
function conversionText(conversion: WatchedConversion): string {
  const { status, reason, value, commission } = conversion;
  const of = value ? ` of ${value.amount} ${value.currency}` : '';
  const because = reason ? ` (${reason})` : '';
  const lines = commission.map(
    (line) => `commission ${line.amount} (${'reason' in line ? String(line.reason) : ''})`,
  );
  return [`${conversionName(conversion)}${of} ${status}${because}`, ...lines].join(', ');
}

function postbackText({ event, status, deadReason, attempts = [] }: PostbackRead): string {
  const why = deadReason ? ` (${deadReason})` : '';
  return `${event}: ${status}${why}${attempts.length > 1 ? ` at attempt ${attempts.length}` : ''}`;
}

async function valueTexts({ session: { api } }: Theatre, players: readonly Player[]): Promise<string[]> {
  const reads = await Promise.all(
    players.map(({ playerId }) => api.read(`/v1/players/${encodeURIComponent(playerId)}`, playerRead)),
  );
  return reads.flatMap(({ ltv }) => ltv.map(ltvText));
}

function ltvText({
  currency,
  deposits,
  chargebacks,
  withdrawals,
  ngr,
}: z.infer<typeof playerRead>['ltv'][number]) {
  return [
    `${currency}: deposits ${deposits.count} of ${deposits.total}`,
    ...(chargebacks?.count ? [`taken back ${chargebacks.total}`] : []),
    ...(withdrawals?.count ? [`withdrawn ${withdrawals.total}`] : []),
    ...(ngr ? [`ngr ${ngr}`] : []),
  ].join(', ');
}

async function quarantineTexts(
  { session: { api, runId } }: Theatre,
  players: readonly Player[],
): Promise<string[]> {
  const waiting = await api.list('/v1/quarantine?state=waiting', quarantined);
  return waiting
    .filter(({ eventId }) => players.some(({ label }) => eventId.startsWith(`${runId}-${label}-`)))
    .map(({ kind, reason }) => `${kind}: ${reason}`);
}

async function unbalanced({ session: { api } }: Theatre): Promise<string[]> {
  const { currencies } = await api.read('/v1/ledger/trial-balance', trialBalance);
  return currencies
    .filter(({ total }) => /[1-9]/.test(total))
    .map(({ currency, total }) => `the trial balance in ${currency} is ${total}`);
}
