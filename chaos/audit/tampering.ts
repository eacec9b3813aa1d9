import type { Evidence } from './evidence';
import type { Finding } from './finding';

interface Tampering {
  readonly name: string;
  /** The rule that the auditor must find broken. */
  readonly breaks: Finding['rule'];
  spoil(evidence: Evidence): void;
}

/** One way each in which the product could break its promises. Needs evidence of clicks, money and postbacks. */
export const TAMPERINGS: readonly Tampering[] = [
  {
    name: 'an acknowledged click without a row',
    breaks: 'I1',
    spoil: ({ client, database }) => {
      const { visitor } = first(client.clicks);
      remove(database.clicks, (row) => row.visitor === visitor);
    },
  },
  { name: 'a click with two rows', breaks: 'I1', spoil: ({ database }) => double(database.clicks) },
  {
    name: 'a click row that nobody asked for',
    breaks: 'I1',
    spoil: ({ database }) => {
      database.clicks.push({ ...first(database.clicks), clickId: NOBODYS_UUID });
    },
  },
  {
    name: 'a click without a journey',
    breaks: 'I2',
    spoil: ({ workflows }) => remove(workflows, (run) => run === first(workflows, isJourney)),
  },
  { name: 'a click with two journeys', breaks: 'I2', spoil: ({ workflows }) => double(workflows, isJourney) },
  {
    name: 'a journey of no click',
    breaks: 'I2',
    spoil: ({ workflows }) => {
      const run = first(workflows, isJourney);
      workflows.push({ ...run, workflowId: run.workflowId.replace(/.$/, '!') });
    },
  },
  {
    name: 'an acknowledged event without a receipt',
    breaks: 'I3',
    spoil: ({ database }) => void database.inbox.shift(),
  },
  { name: 'an event with two receipts', breaks: 'I3', spoil: ({ database }) => double(database.inbox) },
  {
    name: 'an event that is not settled',
    breaks: 'I3',
    spoil: ({ database }) => {
      first(database.inbox).isHandled = false;
    },
  },
  {
    name: 'a repeated event that was given another id',
    breaks: 'I3',
    spoil: ({ client }) => void first(client.events).answers.push({ status: 'duplicate', id: 'evt_other' }),
  },
  {
    name: 'an event that counted as new twice',
    breaks: 'I3',
    spoil: ({ client }) => {
      const { answers } = first(client.events, (event) => event.answers[0]?.status === 'accepted');
      answers.push({ ...first(answers) });
    },
  },
  {
    name: 'a second commission for one player',
    breaks: 'I4',
    spoil: ({ database }) => double(database.lines, earns),
  },
  {
    name: 'a commission that was forgotten',
    breaks: 'I4',
    spoil: ({ database }) => {
      first(database.lines, earns).amountMinor = '0';
    },
  },
  {
    name: 'a journal that was booked twice',
    breaks: 'I4',
    spoil: ({ database }) => {
      const { journalId } = first(database.entries);
      const entries = database.entries.filter((entry) => entry.journalId === journalId);
      database.entries.push(...entries.map((entry) => ({ ...entry, journalId: 'again' })));
    },
  },
  {
    name: 'a journal that lost one side',
    breaks: 'I6',
    spoil: ({ database }) => void database.entries.shift(),
  },
  {
    name: 'a postback whose content changed at the second attempt',
    breaks: 'I5',
    spoil: ({ sink }) => {
      const entry = first(sink);
      sink.push({ ...entry, body: `${entry.body} ` });
    },
  },
  {
    name: 'a postback that was sent again under another key',
    breaks: 'I5',
    spoil: ({ sink }) => void sink.push({ ...first(sink, isFirstDeposit), key: 'another' }),
  },
  {
    name: 'a first deposit that nobody heard of',
    breaks: 'I5',
    spoil: ({ client, sink }) => {
      // One that was charged back need not be reported.
      const takenBack = client.events
        .filter(({ kind }) => kind === 'chargeback')
        .map(({ clickId }) => clickId);
      const { key } = first(sink, (entry) => {
        return isFirstDeposit(entry) && !takenBack.some((clickId) => entry.url.includes(clickId));
      });
      remove(sink, (entry) => entry.key === key);
    },
  },
  {
    name: 'a delivery that nobody accepted',
    breaks: 'I5',
    spoil: ({ sink }) => {
      const { key } = first(sink);
      for (const [at, entry] of sink.entries()) if (entry.key === key) sink[at] = { ...entry, status: 503 };
    },
  },
  {
    name: 'a postback with a wrong amount',
    breaks: 'I5',
    spoil: ({ sink }) => {
      const { key } = first(sink, ({ url }) => url.includes('event=deposit'));
      for (const [at, entry] of sink.entries()) {
        if (entry.key === key) sink[at] = { ...entry, url: entry.url.replace(/amount=\d/, 'amount=9999') };
      }
    },
  },
  {
    name: 'a postback that is left pending',
    breaks: 'I8',
    spoil: ({ database }) => {
      first(database.postbacks).status = 'pending';
    },
  },
  {
    name: 'a workflow whose task fails',
    breaks: 'I8',
    spoil: ({ workflows }) => {
      workflows[0] = { ...first(workflows), trouble: 'its workflow task is at attempt 7' };
    },
  },
  {
    name: 'a row that stays in the outbox',
    breaks: 'I8',
    spoil: ({ database }) => void database.outbox.push({ kind: 'event', refId: NOBODYS_UUID }),
  },
  {
    name: 'a postback that was parked without a reason of the round',
    breaks: 'I8',
    spoil: ({ database }) => {
      Object.assign(first(database.postbacks), { status: 'dead', deadReason: 'retries_exhausted' });
    },
  },
  {
    name: 'a journey that outlived its window',
    breaks: 'I8',
    spoil: ({ database }) => {
      for (const click of database.clicks) click.expiresAtMs = -1_000_000;
    },
  },
  {
    name: 'books that depend on more than the set of events',
    breaks: 'I7',
    spoil: ({ database }) => {
      for (const entry of database.entries) entry.amountMinor = String(BigInt(entry.amountMinor) * 2n);
    },
  },
  {
    name: 'a queue that grew beyond its bound',
    breaks: 'I9',
    spoil: ({ gauges }) => void gauges.push({ name: 'connections', highest: 201, cap: 200 }),
  },
  {
    name: 'an attempt without an end',
    breaks: 'I10',
    spoil: ({ database }) => {
      first(database.postbacks).isEveryAttemptExplained = false;
    },
  },
  {
    name: 'a journal without a cause',
    breaks: 'I10',
    spoil: ({ database }) => {
      first(database.journals).isExplained = false;
    },
  },
  {
    name: 'a change that left no trail',
    breaks: 'I10',
    spoil: ({ client }) => void client.changes.push({ what: 'other', subject: 'dst_untold' }),
  },
  {
    name: 'an instance that does not come back by itself',
    breaks: 'I9',
    spoil: ({ client }) =>
      void client.spans.push({ fault: 'a fault', expects: 'comes_back', fromMs: -2, toMs: -1 }),
  },
  {
    name: 'events that stand still while only something else is broken',
    breaks: 'I9',
    spoil: ({ client }) => {
      const [fromMs, toMs] = [-1_000, -1];
      client.spans.push({ fault: 'a fault', expects: 'goes_on', fromMs, toMs });
      client.served.push({ what: 'click', atMs: fromMs }, { what: 'event', atMs: fromMs });
      client.refusals.push({ what: 'event', sentAtMs: fromMs, tookMs: 1, retryAfter: '1' });
    },
  },
  {
    name: 'a refusal that does not say when to come again',
    breaks: 'I9',
    spoil: ({ client }) =>
      void client.refusals.push({ what: 'click', sentAtMs: 0, tookMs: 3, retryAfter: null }),
  },
];

const NOBODYS_UUID = '0190a5c4-0000-7000-8000-0000000000ff';

function isJourney({ type }: { readonly type: string }): boolean {
  return type === 'clickJourney';
}

function earns({ amountMinor }: { readonly amountMinor: string }): boolean {
  return amountMinor !== '0';
}

function isFirstDeposit({ url }: { readonly url: string }): boolean {
  return url.includes('event=first_deposit');
}

function first<T>(items: readonly T[], matches: (item: T) => boolean = () => true): T {
  const found = items.find(matches);
  if (found === undefined) throw new Error('the evidence holds nothing to tamper with');
  return found;
}

function double<T extends object>(items: T[], matches?: (item: T) => boolean): void {
  items.push({ ...first(items, matches) });
}

function remove<T>(items: T[], matches: (item: T) => boolean): void {
  items.splice(0, items.length, ...items.filter((item) => !matches(item)));
}
