import { type ClientLog, type SentEvent, TERMS } from './client-log';
import type { Evidence } from './evidence';
import { type Finding, finding } from './finding';
import { groupBy } from './grouping';

interface Deserved {
  readonly partnerId: string;
  readonly currency: string;
  minor: bigint;
}

/** Commission: for each player what the events deserve, once; the ledger says the same and balances. */
export function auditMoney(evidence: Evidence): Finding[] {
  const deserved = deservedByPlayer(evidence);
  return [...auditLines(evidence, deserved), ...auditLedger(evidence, deserved), ...auditBalance(evidence)];
}

/**
 * A partner earns the fixed amount once per player: for the first deposit by its own time, when what chargebacks
 * left of it reaches the minimum.
 */
export function commissionOf(events: readonly SentEvent[]): bigint {
  const deposits = events
    .filter(({ kind }) => kind === 'deposit')
    .sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  const [first] = deposits;
  if (first === undefined) return 0n;
  const left = events
    .filter(({ takesBack }) => takesBack === first.eventId)
    .reduce((rest, { amountMinor }) => rest - (amountMinor ?? 0n), first.amountMinor ?? 0n);
  const { cpaMinor, minDepositMinor } = TERMS[first.campaign];
  return left >= minDepositMinor ? cpaMinor : 0n;
}

/** The acknowledged events of each player, under the casino's id. */
export function acknowledgedByPlayer({ events }: ClientLog): Map<string, SentEvent[]> {
  return groupBy(
    events.filter(({ answers }) => answers.length > 0),
    ({ playerId }) => playerId,
  );
}

function deservedByPlayer({ client, partners }: Evidence): Map<string, Deserved> {
  const deserved = new Map<string, Deserved>();
  for (const [playerId, events] of acknowledgedByPlayer(client)) {
    const [{ campaign } = { campaign: 'alpha' as const }] = events;
    const { partnerId } = partners[campaign];
    deserved.set(playerId, { partnerId, currency: TERMS[campaign].currency, minor: commissionOf(events) });
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
