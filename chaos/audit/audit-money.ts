import { createHash } from 'node:crypto';
import { type ClientLog, type SentEvent, type SetUpChange, TERMS, WINDOW_DAYS } from './client-log';
import type { Evidence } from './evidence';
import { type Finding, finding } from './finding';
import { groupBy } from './grouping';
import { mintedAtMs } from './public-id';

interface Deserved {
  readonly partnerId: string;
  readonly currency: string;
  minor: bigint;
}

/** Commission: for each player what the events deserve, once; the ledger says the same and balances. */
export function auditMoney(evidence: Evidence): Finding[] {
  const deserved = deservedByPlayer(evidence);
  return [
    ...auditLines(evidence, deserved),
    ...auditLedger(evidence, deserved),
    ...auditBalance(evidence),
    ...auditBooks(evidence),
  ];
}

const WINDOW_MS = WINDOW_DAYS * 86_400_000;

/** What decides whose player somebody is: the earliest registration, else the first deposit, by its own time. */
function bindingOf(events: readonly SentEvent[]): SentEvent | undefined {
  const earliest = (kind: SentEvent['kind']): SentEvent | undefined =>
    events.filter((event) => event.kind === kind).sort((a, b) => a.occurredAtMs - b.occurredAtMs)[0];
  return earliest('registration') ?? earliest('deposit');
}

/**
 * A player belongs to the click when the binding event lies in its window, both ends included. A time without a
 * fraction may mean any millisecond of its second.
 */
export function isBound(events: readonly SentEvent[]): boolean {
  const binding = bindingOf(events);
  if (binding === undefined) return false;
  const clickedAtMs = mintedAtMs(binding.clickId);
  const latestMs = binding.occurredAtMs + (binding.occurredAtMs % 1_000 === 0 ? 999 : 0);
  return latestMs >= clickedAtMs && binding.occurredAtMs <= clickedAtMs + WINDOW_MS;
}

/** What the deal pays that was in force when the player was bound. */
export function cpaInForce(events: readonly SentEvent[], changes: readonly SetUpChange[]): bigint {
  const binding = bindingOf(events);
  if (binding === undefined) return 0n;
  const versions = changes
    .filter((change) => change.what === 'deal')
    .filter(({ campaign, validFromMs }) => {
      return campaign === binding.campaign && validFromMs <= binding.occurredAtMs;
    })
    .sort((a, b) => a.validFromMs - b.validFromMs);
  return versions.at(-1)?.cpaMinor ?? TERMS[binding.campaign].cpaMinor;
}

/**
 * A partner earns the fixed amount once per player: for the first deposit by its own time, when what chargebacks
 * left of it reaches the minimum.
 */
export function commissionOf(events: readonly SentEvent[], changes: readonly SetUpChange[] = []): bigint {
  const deposits = events
    .filter(({ kind }) => kind === 'deposit')
    .sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  const [first] = deposits;
  if (first === undefined || !isBound(events)) return 0n;
  const left = events
    .filter(({ takesBack }) => takesBack === first.eventId)
    .reduce((rest, { amountMinor }) => rest - (amountMinor ?? 0n), first.amountMinor ?? 0n);
  return left >= TERMS[first.campaign].minDepositMinor ? cpaInForce(events, changes) : 0n;
}

/** The acknowledged events of each player, under the casino's id. */
export function acknowledgedByPlayer({ events }: ClientLog): Map<string, SentEvent[]> {
  const known = events.filter(({ answers, playerId }) => answers.length > 0 && playerId !== null);
  return groupBy(known, ({ playerId }) => playerId ?? '');
}

function deservedByPlayer({ client, partners }: Evidence): Map<string, Deserved> {
  const deserved = new Map<string, Deserved>();
  for (const [playerId, events] of acknowledgedByPlayer(client)) {
    const [{ campaign } = { campaign: 'alpha' as const }] = events;
    const { partnerId } = partners[campaign];
    deserved.set(playerId, {
      partnerId,
      currency: TERMS[campaign].currency,
      minor: commissionOf(events, client.changes),
    });
  }
  return deserved;
}

function auditLines({ database }: Evidence, deserved: ReadonlyMap<string, Deserved>): Finding[] {
  const lines = groupBy(database.lines, ({ player }) => player);
  const players = new Set([...lines.keys(), ...deserved.keys()]);
  return [...players].flatMap((player): Finding[] => {
    const earning = (lines.get(player) ?? []).filter(({ amountMinor }) => amountMinor !== '0');
    const { minor, currency } = deserved.get(player) ?? { minor: 0n, currency: '' };
    const shown = earning.map((line) => `${line.amountMinor} ${line.currency}`).join(' and ') || 'nothing';
    const expected = minor === 0n ? 'nothing' : `${minor} ${currency}`;
    return shown === expected
      ? []
      : [finding('I4', `${player} deserves ${expected} and was booked ${shown}`)];
  });
}

/** What the ledger owes, per line and per partner. Credits are negative. */
function auditLedger({ database, partners }: Evidence, deserved: ReadonlyMap<string, Deserved>): Finding[] {
  const payable = database.entries.filter(({ account }) => account.startsWith('payable:'));
  const owedForLine = sum(payable, ({ lineId }) => lineId);
  const owedTo = sum(payable, ({ account, currency }) => `${account} ${currency}`);
  for (const { partnerId, currency, minor } of deserved.values()) {
    const account = `payable:${partnerId} ${currency}`;
    owedTo.set(account, (owedTo.get(account) ?? 0n) + minor);
  }
  const strangers = payable.filter(({ account }) => {
    return !Object.values(partners).some(({ partnerId }) => account === `payable:${partnerId}`);
  });
  return [
    ...database.lines
      .filter(({ lineId, amountMinor }) => (owedForLine.get(lineId) ?? 0n) !== -BigInt(amountMinor))
      .map(({ lineId, amountMinor }) =>
        finding('I4', `line ${lineId} says ${amountMinor}, its journals ${-(owedForLine.get(lineId) ?? 0n)}`),
      ),
    ...[...owedTo]
      .filter(([, difference]) => difference !== 0n)
      .map(([account, difference]) =>
        finding('I4', `${account} differs from what is deserved by ${-difference}`),
      ),
    ...strangers.map(({ account }) => finding('I4', `${account} belongs to no partner of the traffic`)),
  ];
}

/** One hash over what every account holds in the end. The order and number of postings do not show in it. */
export function hashOfLedger({ database }: Pick<Evidence, 'database'>): string {
  return hashOf(sum(database.entries, ({ account, currency }) => `${account.split(':')[0]} ${currency}`));
}

/** The same, from nothing but the set of acknowledged events. */
function hashDeserved(evidence: Evidence): string {
  const accounts = new Map<string, bigint>();
  for (const { currency, minor } of deservedByPlayer(evidence).values()) {
    for (const [account, amount] of [
      ['expense', minor],
      ['payable', -minor],
    ] as const) {
      const key = `${account} ${currency}`;
      accounts.set(key, (accounts.get(key) ?? 0n) + amount);
    }
  }
  return hashOf(accounts);
}

function hashOf(accounts: ReadonlyMap<string, bigint>): string {
  const shown = [...accounts]
    .filter(([, minor]) => minor !== 0n)
    .map(([name, minor]) => `${name} ${minor}\n`);
  return createHash('sha256').update(shown.sort().join('')).digest('hex');
}

function auditBooks(evidence: Evidence): Finding[] {
  const [kept, deserved] = [hashOfLedger(evidence), hashDeserved(evidence)];
  if (kept === deserved) return [];
  return [
    finding(
      'I7',
      `the ledger ends as ${kept.slice(0, 12)}, the set of events gives ${deserved.slice(0, 12)}`,
    ),
  ];
}

function auditBalance({ database }: Evidence): Finding[] {
  const journals = sum(database.entries, ({ journalId, currency }) => `journal ${journalId} in ${currency}`);
  const currencies = sum(database.entries, ({ currency }) => `the trial balance in ${currency}`);
  return [...journals, ...currencies]
    .filter(([, total]) => total !== 0n)
    .map(([what, total]) => finding('I6', `${what} sums to ${total}`));
}

function sum<T extends { readonly amountMinor: string }>(
  items: readonly T[],
  keyOf: (item: T) => string,
): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const item of items) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0n) + BigInt(item.amountMinor));
  return sums;
}
