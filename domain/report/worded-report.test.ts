import { reportTransaction, translateReport, type WordedReport, withoutPlayer } from './worded-report';

const report = (given: Partial<WordedReport>): WordedReport => ({
  kind: null,
  eventWord: 'spin',
  status: null,
  statusWord: null,
  fields: { clickId: 'c', playerId: 'P', transactionId: 'T', amount: '5', currency: 'EUR' },
  unknownFields: 1,
  ...given,
});
const known = (given: Partial<WordedReport>) => report({ kind: 'deposit', eventWord: null, ...given });
const word = (
  name: string,
  kind: 'deposit' | 'lead' | 'withdrawal' | null,
  status: 'pending' | null = null,
) => ({
  ...{ word: name, kind, status },
});

describe('translateReport', () => {
  it.each<[string, WordedReport, ReturnType<typeof word>[], object]>([
    ['nothing is mapped', report({}), [], { outcome: 'unmapped' }],
    ['another word is mapped', report({}), [word('spun', 'lead')], { outcome: 'unmapped' }],
    [
      'the word names an event',
      report({}),
      [word('spin', 'deposit')],
      { fact: { kind: 'deposit', status: 'confirmed', transactionKey: 'T' } },
    ],
    ['with a status', report({}), [word('spin', 'deposit', 'pending')], { fact: { status: 'pending' } }],
    [
      'a status that the report names goes before the mapping’s',
      report({ status: 'failed' }),
      [word('spin', 'deposit', 'pending')],
      { fact: { status: 'failed' } },
    ],
    ['a status alone names no event', report({}), [word('spin', null, 'pending')], { outcome: 'unmapped' }],
    [
      'the word is a status',
      known({ statusWord: 'maybe' }),
      [word('maybe', null, 'pending')],
      { fact: { kind: 'deposit', status: 'pending' } },
    ],
    [
      'the word means another event’s status',
      known({ statusWord: 'maybe' }),
      [word('maybe', 'withdrawal')],
      { outcome: 'unmapped' },
    ],
    [
      'one of two words is mapped',
      report({ statusWord: 'maybe' }),
      [word('spin', 'deposit')],
      { outcome: 'unmapped' },
    ],
    [
      'both are',
      report({ statusWord: 'maybe' }),
      [word('spin', 'deposit'), word('maybe', 'deposit', 'pending')],
      { fact: { kind: 'deposit', status: 'pending' } },
    ],
    ['a known kind is never mapped', known({}), [word('deposit', 'lead')], { fact: { kind: 'deposit' } }],
    [
      'a lead has no statuses',
      report({ status: 'failed' }),
      [word('spin', 'lead')],
      { outcome: 'unfit', problems: [{ path: 'status' }] },
    ],
    [
      'a deposit needs an id',
      report({ fields: { playerId: 'P', amount: '5', currency: 'EUR' } }),
      [word('spin', 'deposit')],
      { outcome: 'unfit', problems: [{ path: 'txid' }] },
    ],
  ])('%s', (_what, given, mappings, expected) => {
    expect(translateReport(given, 'keyed', mappings)).toMatchObject(expected);
  });

  it('a public report becomes a public fact, and never one that moves money', () => {
    const given = withoutPlayer(report({}));
    expect(translateReport(given, 'public', [word('spin', 'lead')])).toMatchObject({
      fact: { kind: 'lead', playerExternalId: null, transactionKey: '~public c' },
    });
    expect(translateReport(given, 'public', [word('spin', 'deposit')])).toEqual({
      outcome: 'never_public',
      kind: 'deposit',
    });
  });
});

it.each([
  [{ transactionId: 'T', eventId: 'E', clickId: 'c' }, 'T'],
  [{ eventId: 'E', clickId: 'c' }, 'E'],
  [{ clickId: 'c', playerId: 'P' }, 'spin P'],
  [{ clickId: 'c' }, 'spin c'],
  [
    { playerId: 'P', period: { fromMs: 0, toMs: 1 }, currency: 'EUR' },
    'spin P 1970-01-01T00:00:00.000Z EUR 0',
  ],
  [{ transactionId: 'T' }, null],
])('the transaction of %j is %j', (fields, transaction) => {
  expect(reportTransaction(report({ fields }))).toBe(transaction);
});
