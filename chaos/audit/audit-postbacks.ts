import { acknowledgedByPlayer, commissionOf, cpaInForce, isBound } from './audit-money';
import { type ClientLog, decimal, type SentEvent, TERMS } from './client-log';
import type { Evidence, SinkEntry } from './evidence';
import { type Finding, finding } from './finding';
import { groupBy } from './grouping';

/** What one attempt reports, in whatever form its destination gets it. */
interface Report {
  readonly event: string;
  readonly clickId: string;
  readonly transactionId: string;
  readonly amount: string;
  readonly currency: string;
  readonly payout: string;
}

/** One thing that a destination has to hear of, once. */
interface Duty {
  readonly name: string;
  /** Something that was charged back before it was settled is not reported any more. */
  readonly isOptional: boolean;
  readonly amount: bigint | null;
  readonly currency: string;
  /** What a first deposit says it pays; null where the duty says nothing about it. */
  readonly payout: bigint | null;
}

/** Each key the same on every attempt and accepted in the end; each thing to report under exactly one key. */
export function auditPostbacks(evidence: Evidence): Finding[] {
  const { sink, database } = evidence;
  const attempts = groupBy(sink, (entry) => `${destinationOf(entry)} ${entry.key ?? 'without a key'}`);
  const accepted = new Set(sink.filter(isAccepted).map(({ key }) => key));
  const parked = new Set(database.postbacks.filter(({ status }) => status === 'dead').map(({ key }) => key));
  return [
    ...[...attempts].flatMap(([name, entries]) => auditSameness(name, entries, parked)),
    ...auditDuties(evidence, attempts),
    ...database.postbacks
      .filter(({ key, status }) => status === 'delivered' && !accepted.has(key))
      .map(({ key }) => finding('I5', `${key} counts as delivered, and nobody accepted it`)),
    ...sink
      .filter(({ url, body }) => `${url}${body}`.includes('player-'))
      .map((entry) => finding('I5', `${destinationOf(entry)} was told the casino's id of a player`)),
  ];
}

function isAccepted({ status }: SinkEntry): boolean {
  return status >= 200 && status < 300;
}

/** Whether parking it was right is the rule on rest's business; here it only excuses that nobody accepted it. */
function auditSameness(
  name: string,
  entries: readonly SinkEntry[],
  parked: ReadonlySet<string | null>,
): Finding[] {
  const contents = new Set(
    entries.map(({ method, url, messageId, body }) => [method, url, messageId, body].join('\n')),
  );
  const isParked = entries.every(({ key }) => parked.has(key));
  return [
    ...(contents.size === 1 ? [] : [finding('I5', `${name} changed between its attempts`)]),
    ...(isParked || entries.some(isAccepted) ? [] : [finding('I5', `${name} was never accepted`)]),
  ];
}

function auditDuties(evidence: Evidence, attempts: ReadonlyMap<string, SinkEntry[]>): Finding[] {
  const firsts = [...attempts.values()].flatMap(([entry]) => (entry === undefined ? [] : [entry]));
  const reported = groupBy(firsts, (entry) => `${destinationOf(entry)} ${subjectOf(readReport(entry))}`);
  const duties = new Map(dutiesOf(evidence).map((duty) => [duty.name, duty]));
  return [
    ...[...reported.keys()]
      .filter((name) => !duties.has(name))
      .map((name) => finding('I5', `${name} was reported, and there was nothing to report`)),
    ...[...duties.values()].flatMap((duty): Finding[] => {
      const keys = reported.get(duty.name) ?? [];
      const [entry] = keys;
      if (keys.length > 1)
        return [{ rule: 'I5', what: `${duty.name} was reported under ${keys.length} keys` }];
      if (entry === undefined) {
        return duty.isOptional ? [] : [{ rule: 'I5', what: `${duty.name} was not reported` }];
      }
      return auditAmounts(duty, readReport(entry));
    }),
  ];
}

function auditAmounts({ name, amount, currency, payout }: Duty, report: Report): Finding[] {
  const said = `${report.amount} ${report.currency}`;
  const due = amount === null ? said : `${decimal(amount)} ${currency}`;
  const promised = payout === null ? report.payout : decimal(payout);
  return [
    ...(said === due ? [] : [finding('I5', `${name} said ${said} instead of ${due}`)]),
    ...(report.payout === promised
      ? []
      : [finding('I5', `${name} said it pays ${report.payout}, not ${promised}`)]),
  ];
}

function dutiesOf({ client }: Evidence): Duty[] {
  return [...acknowledgedByPlayer(client).values()].flatMap((events) => {
    // Nobody is told of a player whom no click of his is credited with.
    if (!isBound(events)) return [];
    const duties = events.flatMap((event) => dutiesOfEvent(event, events));
    const first = firstDepositDuty(events, client.changes);
    // What is still to be sent when a player excludes himself is parked.
    const isExcluded = events.some(({ kind }) => kind === 'self_exclusion');
    const [{ campaign } = { campaign: 'alpha' }] = events;
    return [...duties, ...first]
      .map((duty) => ({ ...duty, isOptional: duty.isOptional || isExcluded }))
      .flatMap((duty) => [
        { ...duty, name: `/${campaign} ${duty.name}` },
        // A destination that belongs to no partner is told no payout.
        { ...duty, name: `/hook ${duty.name}`, payout: null },
      ]);
  });
}

function firstDepositDuty(events: readonly SentEvent[], changes: ClientLog['changes']): Duty[] {
  const deposits = events.filter(({ kind }) => kind === 'deposit');
  const [first] = deposits;
  if (first === undefined) return [];
  // With several deposits either may have been the first one known, which the title then stays with.
  const isAlone = deposits.length === 1;
  const kept = events.filter(({ kind }) => kind !== 'chargeback');
  return [
    {
      name: `first_deposit ${first.clickId}`,
      isOptional: events.some(({ kind }) => kind === 'chargeback'),
      amount: isAlone ? first.amountMinor : null,
      currency: TERMS[first.campaign].currency,
      payout: isAlone ? commissionOf(kept, changes) : cpaInForce(events, changes),
    },
  ];
}

function dutiesOfEvent(event: SentEvent, events: readonly SentEvent[]): Duty[] {
  const { currency } = TERMS[event.campaign];
  const duty = { amount: event.amountMinor, currency, payout: null, isOptional: false };
  switch (event.kind) {
    case 'registration':
      return [{ ...duty, name: `registration ${event.clickId}` }];
    case 'deposit': {
      const isOptional = events.some(({ takesBack }) => takesBack === event.eventId);
      return [{ ...duty, name: `deposit ${event.transactionId}`, isOptional }];
    }
    case 'chargeback': {
      const taken = events.find(({ eventId }) => eventId === event.takesBack);
      return [{ ...duty, name: `chargeback ${taken?.transactionId}` }];
    }
    // No destination of the traffic asks for these.
    case 'install':
    case 'lead':
    case 'withdrawal':
    case 'ngr':
    case 'self_exclusion':
      return [];
  }
}

function destinationOf({ url }: SinkEntry): string {
  return url.split('?')[0] ?? '';
}

/** What makes two reports to one destination the same thing. */
function subjectOf({ event, clickId, transactionId }: Report): string {
  return `${event} ${event === 'registration' || event === 'first_deposit' ? clickId : transactionId}`;
}

function readReport(entry: SinkEntry): Report {
  if (destinationOf(entry) === '/hook') {
    const { type, data } = JSON.parse(entry.body) as { type: string; data: Record<string, string | null> };
    return { event: type, ...reportOf((name) => data[name]) };
  }
  const query = new URL(entry.url, 'http://sink').searchParams;
  const names: Record<string, string> = { clickId: 'click_id', transactionId: 'tx' };
  return { event: query.get('event') ?? '', ...reportOf((name) => query.get(names[name] ?? name)) };
}

function reportOf(read: (name: string) => string | null | undefined): Omit<Report, 'event'> {
  return {
    clickId: read('clickId') ?? '',
    transactionId: read('transactionId') ?? '',
    amount: read('amount') ?? '',
    currency: read('currency') ?? '',
    payout: read('payout') ?? '',
  };
}
