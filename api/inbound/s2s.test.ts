import { AppError } from '../../domain/errors';
import { pairsToParameters } from './parameters';
import { asPublic } from './public-report';
import { translateS2s } from './s2s';
import { PARAMETER_NAMES } from './s2s-words';

const CLICK = 'clk_01kaz8c5c0e1qs0ps0k6fzv2xm';
const read = (query: string) => translateS2s(pairsToParameters(query));

function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('translateS2s: names', () => {
  it.each([
    ...['click_id', 'clickid', 'clickId', 'ClickID', 'CLICK_ID', 'cid', 'CID', 'subid', 'sub_id', 'SUBID'],
    ...['aff_click_id', 'aff_sub', 'cnv_id'],
  ])('%s is the click', (name) => {
    expect(read(`${name}=c-1&event=install`)).toMatchObject({ kind: 'install', clickRef: 'c-1' });
  });

  it.each(['event', 'type', 'et', 'goal', 'conversion_type', 'event_name', 'status'])(
    '%s names the event',
    (name) => {
      expect(read(`click_id=c&${name}=lead`).kind).toBe('lead');
    },
  );

  it.each(['amount', 'payout', 'sum', 'revenue', 'sale_amount', 'price', 'value'])(
    '%s is the value',
    (name) => {
      expect(read(`cid=c&event=sale&${name}=9.99&currency=usd`).money).toEqual({
        amountMinor: 999n,
        currency: 'USD',
      });
    },
  );

  it.each(['txid', 'transaction_id', 'tid', 'order_id', 'orderId', 'conversion-id'])(
    '%s is the transaction',
    (name) => {
      expect(read(`cid=c&event=sale&${name}=T1`)).toMatchObject({
        transactionKey: 'T1',
        senderEventId: 'T1',
      });
    },
  );

  it.each(['player_id', 'playerid', 'customer_id', 'user_id'])('%s is the player', (name) => {
    expect(read(`cid=c&event=reg&${name}=P1`).playerExternalId).toBe('P1');
  });

  it('no name stands for two things', () => {
    const names = Object.values(PARAMETER_NAMES).flat();
    expect(new Set(names).size).toBe(names.length);
  });

  it('of several click ids takes the one that is ours, else the first', () => {
    expect(read(`subid=publisher7&cid=${CLICK}&event=lead`).clickRef).toBe(CLICK);
    expect(read(`cid=theirs&subid=${CLICK}&event=lead`).clickRef).toBe(CLICK);
    expect(read('subid=b&click_id=a&event=lead').clickRef).toBe('a');
  });

  it('takes a transaction id that is our click for the click, as TUNE and Everflow mean it', () => {
    expect(read(`transaction_id=${CLICK}&event=lead`)).toMatchObject({
      clickRef: CLICK,
      transactionKey: `lead ${CLICK}`,
    });
    expect(read(`transaction_id=${CLICK}&cid=c&event=lead`)).toMatchObject({ clickRef: 'c' });
  });

  it('keeps what it does not know in the raw body and counts it', () => {
    const event = read('cid=c&event=lead&adv1=x&weird=y');
    expect(event.attributes).toEqual({ unknownFields: 2 });
    expect(event.raw.body).toEqual({ cid: 'c', event: 'lead', adv1: 'x', weird: 'y' });
  });
});

describe('translateS2s: words', () => {
  it.each([
    ['reg', 'registration'],
    ['Sign_Up', 'registration'],
    ['FTD', 'deposit'],
    ['first-deposit', 'deposit'],
    ['dep', 'deposit'],
    ['rebill', 'deposit'],
    ['withdraw', 'withdrawal'],
    ['self_exclusion', 'self_exclusion'],
  ])('%s is a %s', (word, kind) => {
    expect(read(`cid=c&event=${word}&player_id=P&txid=T&amount=1&currency=EUR`).kind).toBe(kind);
  });

  it.each([
    ['approved', 'confirmed'],
    ['paid', 'confirmed'],
    ['Hold', 'pending'],
    ['declined', 'failed'],
    ['refunded', 'reversed'],
    ['dep', 'confirmed'],
  ])('status %s of a deposit is %s', (word, status) => {
    const query = `cid=c&event=ftd&player_id=P&txid=T&amount=1&currency=EUR&status=${word}`;
    expect(read(query).status).toBe(status);
  });

  it('a lead that is not confirmed is refused, because a lead has no statuses', () => {
    expect(read('cid=c&event=lead&status=approved')).toMatchObject({ kind: 'lead', status: null });
    expect(refusalOf(() => read('cid=c&event=lead&status=rejected')).errors).toMatchObject([
      { path: 'status' },
    ]);
  });

  it.each([
    ['time=2026-11-21T10:15:00Z', Date.UTC(2026, 10, 21, 10, 15)],
    ['timestamp=1795256100', 1_795_256_100_000],
    ['event_time=1795256100123', 1_795_256_100_123],
  ])('reads %s', (query, ms) => {
    expect(read(`cid=c&event=lead&${query}`).occurredAtMs).toBe(ms);
  });

  it('reads NGR and a chargeback', () => {
    const ngr = read('event=ngr&player_id=P&amount=-3.5&currency=EUR&period=2026-10&time=1795256100');
    expect(ngr).toMatchObject({ kind: 'ngr', money: { amountMinor: -350n } });
    const chargeback = 'event=chargeback&player_id=P&txid=C&amount=1&currency=EUR';
    expect(read(`${chargeback}&deposit_event_id=D`)).toMatchObject({ refersTo: 'D' });
    expect(refusalOf(() => read(chargeback)).errors).toMatchObject([{ path: 'deposit_event_id' }]);
  });
});

describe('translateS2s: identity', () => {
  it.each([
    ['cid=c&event=install', 'install c'],
    ['cid=c&event=lead', 'lead c'],
    ['cid=c&event=reg', 'registration c'],
    ['cid=c&event=reg&player_id=P', 'registration P'],
    ['cid=c&event=sale&event_id=E', 'E'],
    ['cid=c&event=sale&event_id=E&txid=T', 'T'],
  ])('%s', (query, key) => {
    expect(read(query).transactionKey).toBe(key);
  });

  it.each([
    ['cid=c&event=dep&player_id=P&amount=1&currency=EUR', 'txid'],
    ['event=withdrawal&player_id=P&amount=1&currency=EUR', 'txid'],
    ['cid=c&event=dep&txid=T&amount=1&currency=EUR', 'player_id'],
    ['event=install&player_id=P', 'click_id'],
    ['event=lead', 'click_id'],
    ['cid=c', 'event'],
    ['cid=c&event=spin', 'event'],
    ['cid=c&goal=7', 'goal'],
    ['cid=c&event=dep&player_id=P&txid=T&amount=1&currency=EUR&status=maybe', 'status'],
    ['cid=c&event=sale&payout=1.001&currency=EUR', 'payout'],
    ['cid=c&event=sale&sum=1', 'currency'],
    ['cid=c&event=lead&time=yesterday', 'time'],
    ['cid=c&event=lead&time=2026-11-21T10:00:00', 'time'],
    [`cid=${'x'.repeat(201)}&event=lead`, 'cid'],
  ])('%s is refused with %s', (query, path) => {
    const refusal = refusalOf(() => read(query));
    expect(refusal.code).toBe('invalid_request');
    expect(refusal.errors.map((error) => error.path)).toContain(path);
  });
});

describe('unresolved placeholders', () => {
  it.each([
    ['clickid={clickid}&event=lead', 'clickid'],
    ['cid=c&event={event}', 'event'],
    ['cid=c&event=sale&payout={payout}', 'payout'],
    ['cid=[CLICK_ID]&event=lead', 'cid'],
    ['cid=c&event=lead&tid=%7Btransaction_id%7D', 'tid'],
    ['cid=c&event=lead&country=%257Bcountry%257D', 'country'],
  ])('%s', (query, path) => {
    const refusal = refusalOf(() => read(query));
    expect(refusal.code).toBe('unresolved_macro');
    expect(refusal.errors.map((error) => error.path)).toEqual([path]);
  });
});

describe('pairsToParameters', () => {
  it.each(['a=%', 'a=%ff', 'a=%00', 'a=%0d%0ab', 'a=1&a=2'])('refuses %s', (text) => {
    expect(refusalOf(() => pairsToParameters(text)).code).toBe('invalid_request');
  });

  it('reads plus as a blank, drops empty values and takes the same value twice', () => {
    expect(pairsToParameters('a=x+y&b=&c&d=%C3%BC&a=x+y&&')).toEqual({ a: 'x y', d: 'ü' });
  });

  it('copes with names of the prototype', () => {
    expect(Object.hasOwn(pairsToParameters('__proto__=1&constructor=2'), 'constructor')).toBe(true);
    expect(read('cid=c&event=lead&__proto__=1&constructor=2').kind).toBe('lead');
  });
});

describe('asPublic', () => {
  it.each(['deposit', 'withdrawal', 'ngr', 'chargeback', 'self_exclusion'])('never takes a %s', (word) => {
    const query = `cid=c&event=${word}&player_id=P&txid=T&amount=1&currency=EUR&period=2026-10&deposit_event_id=D`;
    const refusal = refusalOf(() => asPublic(read(query)));
    expect([refusal.code, refusal.message]).toEqual(['unauthorized', expect.stringContaining('key')]);
  });

  it('names no player and takes no key that a real event could have', () => {
    expect(asPublic(read('cid=c&event=reg&player_id=P&txid=T'))).toMatchObject({
      trust: 'public',
      playerExternalId: null,
      senderEventId: 'T',
      transactionKey: '~public c',
      raw: { body: { player_id: 'P' } },
    });
  });

  it('needs a click', () => {
    expect(refusalOf(() => asPublic(read('event=reg&player_id=P'))).errors).toMatchObject([
      { path: 'click_id' },
    ]);
  });
});
