import { AppError } from '../../domain/errors';
import { type GamingKind, translateGaming } from './gaming';
import type { IncomingEvent } from './incoming-event';
import { translateTrack } from './track';

const DEPOSIT = {
  eventId: 'E1',
  playerId: 'P1',
  amount: '49.90',
  currency: 'EUR',
  occurredAt: '2026-11-21T10:15:00.123+01:00',
};
const REGISTRATION = { eventId: 'R1', playerId: 'P1', occurredAt: '2026-11-21T10:15:00Z' };
const CHARGEBACK = { ...DEPOSIT, eventId: 'C1', depositEventId: 'E1' };

function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const gaming = (kind: GamingKind, body: unknown): IncomingEvent => translateGaming(kind, body);

describe('translateGaming', () => {
  it('reads a deposit', () => {
    expect(gaming('deposit', DEPOSIT)).toEqual({
      kind: 'deposit',
      senderEventId: 'E1',
      transactionKey: 'E1',
      status: 'confirmed',
      refersTo: null,
      clickRef: null,
      playerExternalId: 'P1',
      money: { amountMinor: 4990n, currency: 'EUR' },
      occurredAtMs: Date.UTC(2026, 10, 21, 9, 15, 0, 123),
      attributes: { unknownFields: 0 },
      isTest: false,
      raw: { body: DEPOSIT, ip: null, userAgent: null },
    });
  });

  it('reads the same deposit in snake_case', () => {
    const snake = {
      event_id: 'E1',
      transaction_id: 'T1',
      player_id: 'P1',
      click_id: 'c',
      occurred_at: DEPOSIT.occurredAt,
      amount: 49.9,
      currency: 'EUR',
      status: 'PENDING',
    };
    const camel = { ...DEPOSIT, transactionId: 'T1', clickId: 'c', status: 'pending' };
    expect(gaming('deposit', snake)).toEqual({ ...gaming('deposit', camel), raw: expect.anything() });
    expect(gaming('deposit', snake)).toMatchObject({
      transactionKey: 'T1',
      status: 'pending',
      clickRef: 'c',
    });
  });

  it('accepts every optional field, keeps personal ones apart and counts what it does not know', () => {
    const optional = {
      country: 'de',
      region: 'Bavaria',
      city: 'München',
      product: 'slots',
      ngr: '-12.50',
      test: true,
      ip: '203.0.113.9',
      user_agent: 'Mozilla/5.0',
      email_verified: true,
      kyc_status: 'passed',
      bonus_code: 'X',
      nested: { a: [1] },
    };
    const event = gaming('registration', { ...REGISTRATION, ...optional });
    expect(event.attributes).toEqual({
      country: 'DE',
      region: 'Bavaria',
      city: 'München',
      product: 'slots',
      ngr: '-12.50',
      emailVerified: true,
      kycStatus: 'passed',
      unknownFields: 2,
    });
    expect(event).toMatchObject({ isTest: true, status: null, money: null });
    expect(event.raw).toEqual({
      body: { ...REGISTRATION, ...optional },
      ip: '203.0.113.9',
      userAgent: 'Mozilla/5.0',
    });
  });

  it('takes null for absent where a field is optional', () => {
    const event = gaming('deposit', { ...DEPOSIT, clickId: null, status: null, country: null, ip: null });
    expect(event).toMatchObject({ clickRef: null, status: 'confirmed', attributes: { unknownFields: 0 } });
  });

  it('takes an empty click id for none: that is what an untracked landing passes on', () => {
    expect(gaming('deposit', { ...DEPOSIT, clickId: '' }).clickRef).toBeNull();
    expect(
      refusalOf(() => translateTrack({ eventId: 'E1', type: 'install', clickId: '' })).errors,
    ).toMatchObject([{ path: 'clickId' }]);
  });

  it('keeps an address that is none in the raw body only', () => {
    expect(gaming('registration', { ...REGISTRATION, ip: 'unknown' }).raw).toMatchObject({ ip: null });
  });

  it('reads a chargeback', () => {
    expect(gaming('chargeback', CHARGEBACK)).toMatchObject({
      kind: 'chargeback',
      refersTo: 'E1',
      status: null,
    });
    const { depositEventId: _depositEventId, ...byTransaction } = CHARGEBACK;
    expect(gaming('chargeback', { ...byTransaction, deposit_transaction_id: 'T1' }).refersTo).toBe('T1');
  });

  it('reads a withdrawal and its status', () => {
    expect(gaming('withdrawal', DEPOSIT)).toMatchObject({ kind: 'withdrawal', status: 'confirmed' });
    expect(gaming('withdrawal', { ...DEPOSIT, status: 'Pending' }).status).toBe('pending');
    expect(refusalOf(() => gaming('withdrawal', { ...DEPOSIT, amount: '-1' })).errors).toMatchObject([
      { path: 'amount' },
    ]);
  });

  const NGR = { ...DEPOSIT, eventId: undefined, amount: '-12.50', period: '2026-11' };

  it('reads NGR, negative and zero ones too, with a key of its own when the sender gives none', () => {
    const november = { fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 11, 1) };
    const event = gaming('ngr', NGR);
    expect(event).toMatchObject({ kind: 'ngr', status: null, period: november });
    expect(event.money).toEqual({ amountMinor: -1250n, currency: 'EUR' });
    expect(event.transactionKey).toBe(
      'P1 2026-11-01T00:00:00.000Z 2026-12-01T00:00:00.000Z EUR 2026-11-21T09:15:00.123Z',
    );
    expect(event.senderEventId).toBe(event.transactionKey);
    expect(gaming('ngr', { ...NGR, eventId: 'N1' }).transactionKey).toBe('N1');
    expect(gaming('ngr', { ...NGR, amount: 0 }).money?.amountMinor).toBe(0n);
    const days = { from: '2026-11-01', to: '2026-11-30' };
    expect(gaming('ngr', { ...NGR, period: days }).transactionKey).toBe(event.transactionKey);
  });

  it.each(['2026-13', '2026', 'november', '1999-12', 7, {}, { from: '2026-11-02', to: '2026-11-01' }])(
    'refuses a period that is none: %j',
    (period) => {
      expect(refusalOf(() => gaming('ngr', { ...NGR, period })).errors).toMatchObject([{ path: 'period' }]);
    },
  );

  it('reads a self-exclusion, for good or until a time after it', () => {
    const forGood = gaming('self_exclusion', REGISTRATION);
    expect(forGood).toMatchObject({ kind: 'self_exclusion', status: null, money: null });
    expect(forGood.untilMs).toBeUndefined();
    const until = '2027-01-01T00:00:00Z';
    expect(gaming('self_exclusion', { ...REGISTRATION, until }).untilMs).toBe(Date.UTC(2027, 0, 1));
    expect(
      refusalOf(() => gaming('self_exclusion', { ...REGISTRATION, until: REGISTRATION.occurredAt })).errors,
    ).toMatchObject([{ path: 'until' }]);
  });

  it.each([
    ['amount', { amount: '0' }],
    ['amount', { amount: 0 }],
    ['amount', { amount: '-1.00' }],
    ['amount', { amount: '1.001' }],
    ['amount', { amount: 1.001 }],
    ['amount', { amount: '1e3' }],
    ['amount', { amount: ' 1' }],
    ['amount', { amount: '1,50' }],
    ['amount', { amount: '' }],
    ['amount', { amount: 'NaN' }],
    ['amount', { amount: Number.POSITIVE_INFINITY }],
    ['amount', { amount: 0.1 + 0.2 }],
    ['amount', { amount: '99999999999999999999' }],
    ['amount', { amount: '1'.repeat(60) }],
    ['amount', { amount: true }],
    ['amount', { amount: null }],
    ['amount', { amount: undefined }],
    ['currency', { currency: 'ZZZ' }],
    ['currency', { currency: 'eur' }],
    ['currency', { currency: undefined }],
    ['currency', { currency: 978 }],
    ['status', { status: 'done' }],
    ['occurredAt', { occurredAt: '2026-11-21T10:15:00' }],
    ['occurredAt', { occurredAt: '2026-02-30T10:15:00Z' }],
    ['occurredAt', { occurredAt: 1_790_000_000 }],
    ['occurredAt', { occurredAt: undefined }],
    ['eventId', { eventId: '' }],
    ['eventId', { eventId: ' E1' }],
    ['eventId', { eventId: 'E1\n' }],
    ['eventId', { eventId: 'E\u00001' }],
    ['eventId', { eventId: 'E\u200b1' }],
    ['eventId', { eventId: 'x'.repeat(201) }],
    ['eventId', { eventId: 42 }],
    ['eventId', { eventId: undefined }],
    ['playerId', { playerId: undefined }],
    ['playerId', { playerId: {} }],
    ['clickId', { clickId: 'x'.repeat(201) }],
    ['transactionId', { transactionId: 7 }],
    ['country', { country: 'x'.repeat(201) }],
    ['city', { city: 'a\u0007b' }],
    ['test', { test: 'true' }],
    ['ngr', { ngr: 'much' }],
    ['userAgent', { userAgent: 'x'.repeat(2_001) }],
    ['emailVerified', { emailVerified: 1 }],
  ])('refuses a wrong %s: %j', (path, wrong) => {
    const refusal = refusalOf(() => gaming('deposit', { ...DEPOSIT, ...wrong }));
    expect(refusal.code).toBe('invalid_request');
    expect(refusal.errors.map((error) => error.path)).toContain(path);
  });

  it('names the field as the sender spelled it', () => {
    const { eventId: _eventId, ...rest } = DEPOSIT;
    expect(refusalOf(() => gaming('deposit', { ...rest, event_id: '' })).errors).toMatchObject([
      { path: 'event_id' },
    ]);
  });

  it('accepts ids of exactly 200 characters, as they are', () => {
    const id = 'ü'.repeat(200);
    expect(gaming('deposit', { ...DEPOSIT, eventId: id }).senderEventId).toBe(id);
  });

  it('refuses a field that is spelled twice with two values, and takes two equal ones', () => {
    expect(refusalOf(() => gaming('deposit', { ...DEPOSIT, player_id: 'P2' })).errors).toMatchObject([
      { path: 'player_id' },
    ]);
    expect(gaming('deposit', { ...DEPOSIT, player_id: 'P1' }).playerExternalId).toBe('P1');
  });

  it.each(['eventId', 'transactionId', 'playerId', 'clickId', 'click_id'])(
    'refuses a placeholder in %s under its own code',
    (field) => {
      const refusal = refusalOf(() => gaming('deposit', { ...DEPOSIT, [field]: '{clickid}' }));
      expect(refusal.code).toBe('unresolved_macro');
      expect(refusal.errors).toMatchObject([{ path: field }]);
    },
  );

  it.each([undefined, null, 'text', 42, [], [DEPOSIT]])('refuses a body that is no object: %j', (body) => {
    expect(refusalOf(() => gaming('deposit', body)).code).toBe('invalid_request');
  });

  it('reads amounts by their currency', () => {
    expect(gaming('deposit', { ...DEPOSIT, amount: '500', currency: 'JPY' }).money?.amountMinor).toBe(500n);
    expect(gaming('deposit', { ...DEPOSIT, amount: '1.234', currency: 'KWD' }).money?.amountMinor).toBe(
      1234n,
    );
    expect(
      refusalOf(() => gaming('deposit', { ...DEPOSIT, amount: '5.5', currency: 'JPY' })).errors,
    ).toMatchObject([{ path: 'amount' }]);
  });
});

describe('translateTrack', () => {
  it.each([
    ['install', { clickId: 'c' }, 'install'],
    ['lead', { clickId: 'c' }, 'lead'],
    ['registration', { playerId: 'P1' }, 'registration'],
    ['signup', { playerId: 'P1' }, 'registration'],
    ['Sale', { playerId: 'P1' }, 'sale'],
    ['deposit', { playerId: 'P1', amount: '1', currency: 'EUR' }, 'deposit'],
    ['withdrawal', { playerId: 'P1', amount: '1', currency: 'EUR' }, 'withdrawal'],
    ['ngr', { playerId: 'P1', amount: '-1', currency: 'EUR', period: '2026-11' }, 'ngr'],
    ['self_exclusion', { playerId: 'P1' }, 'self_exclusion'],
  ])('reads %s', (type, fields, kind) => {
    expect(translateTrack({ eventId: 'E1', type, ...fields }).kind).toBe(kind);
    expect(translateTrack({ event_id: 'E1', conversion_type: type, ...fields }).kind).toBe(kind);
  });

  it('lets the time of receipt stand in for a missing one', () => {
    expect(translateTrack({ eventId: 'E1', type: 'lead', clickId: 'c' }).occurredAtMs).toBeNull();
  });

  it('takes the amount of a sale, and a zero for none', () => {
    const sale = { eventId: 'E1', type: 'sale', clickId: 'c' };
    expect(translateTrack({ ...sale, amount: '9.99', currency: 'USD' }).money).toEqual({
      amountMinor: 999n,
      currency: 'USD',
    });
    expect(translateTrack({ ...sale, amount: 0 }).money).toBeNull();
    expect(refusalOf(() => translateTrack({ ...sale, amount: '-1', currency: 'USD' })).errors).toMatchObject([
      { path: 'amount' },
    ]);
  });

  it.each([
    ['type', { type: 'chargeback', playerId: 'P1' }],
    ['type', { type: 'bonus', playerId: 'P1' }],
    ['playerId', { type: 'withdrawal', clickId: 'c', amount: '1', currency: 'EUR' }],
    ['amount', { type: 'withdrawal', playerId: 'P1' }],
    ['period', { type: 'ngr', playerId: 'P1', amount: '1', currency: 'EUR' }],
    ['playerId', { type: 'self_exclusion', clickId: 'c' }],
    ['occurredAt', { type: 'self_exclusion', playerId: 'P1', until: '2026-11-21T10:15:00Z' }],
    ['type', { playerId: 'P1' }],
    ['clickId', { type: 'install', playerId: 'P1' }],
    ['playerId', { type: 'registration', clickId: 'c' }],
    ['playerId', { type: 'deposit', clickId: 'c', amount: '1', currency: 'EUR' }],
    ['clickId', { type: 'lead' }],
    ['amount', { type: 'deposit', playerId: 'P1' }],
    ['currency', { type: 'deposit', playerId: 'P1', amount: '1' }],
  ])('refuses a wrong %s: %j', (path, fields) => {
    const refusal = refusalOf(() => translateTrack({ eventId: 'E1', ...fields }));
    expect(refusal.code).toBe('invalid_request');
    expect(refusal.errors.map((error) => error.path)).toContain(path);
  });
});
