import { AppError } from '../../domain/errors';
import { translateAdjust } from './adjust';
import { translateAppsflyer } from './appsflyer';
import type { Ignored } from './measurement';

const CLICK = 'clk_01kaz8c5c0e1qs0ps0k6fzv2xm';

function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const ignored = (reason: Ignored['ignored']) => ({ ignored: reason });

describe('translateAppsflyer', () => {
  const INSTALL = {
    appsflyer_id: '1415211453000-6513894',
    event_name: 'install',
    event_time: '2026-11-21 10:16:00.000',
    install_time: '2026-11-21 10:15:00.123',
    attributed_touch_time: '2026-11-21 10:00:00.000',
    gp_install_begin: '2026-11-21 10:14:30.000',
    af_sub1: CLICK,
    media_source: 'partner_int',
    country_code: 'DE',
    ip: '203.0.113.7',
    user_agent: 'Dalvik/2.1.0',
    advertising_id: 'b8f1c5ae',
  };
  const EVENT = {
    ...INSTALL,
    event_name: 'af_purchase',
    customer_user_id: 'P1',
    event_value: '{"af_order_id":"T1","af_revenue":"20.00","af_currency":"EUR"}',
  };

  it('reads an install: its time is UTC, its device stays in the raw body', () => {
    expect(translateAppsflyer(INSTALL)).toMatchObject({
      kind: 'install',
      clickRef: CLICK,
      playerExternalId: null,
      occurredAtMs: Date.UTC(2026, 10, 21, 10, 15, 0, 123),
      attributes: { country: 'DE', installBeginAt: '2026-11-21T10:14:30.000Z', unknownFields: 0 },
      raw: { body: INSTALL, ip: '203.0.113.7', userAgent: 'Dalvik/2.1.0' },
    });
    const { event_name: _name, ...nameless } = INSTALL;
    expect(translateAppsflyer(nameless)).toMatchObject({ kind: 'install' });
  });

  it.each([
    ['clickid', { clickid: 'any-form' }, 'any-form'],
    ['click_id before a sub of another form', { click_id: CLICK, af_sub1: 'banner' }, CLICK],
    ['the sub that holds one of ours', { af_sub1: 'banner', af_sub4: CLICK }, CLICK],
    ['ours in a sub before a strange clickid', { clickid: 'theirs', af_sub2: CLICK }, CLICK],
    ['the link', { original_url: `https://app.onelink.me/x?pid=p&af_sub3=${CLICK}&c=1` }, CLICK],
  ])('finds the click in %s', (_where, given, clickRef) => {
    const { af_sub1: _sub, ...rest } = INSTALL;
    expect(translateAppsflyer({ ...rest, ...given })).toMatchObject({ clickRef });
  });

  it('an organic install is none of our business', () => {
    const { af_sub1: _sub, ...organic } = INSTALL;
    expect(translateAppsflyer(organic)).toEqual(ignored('no_click'));
    expect(translateAppsflyer({ ...organic, af_sub1: 'banner', event_name: 'organic-install' })).toEqual(
      ignored('no_click'),
    );
  });

  it('reads a purchase, with amount and transaction from the value or beside it', () => {
    expect(translateAppsflyer(EVENT)).toMatchObject({
      kind: 'sale',
      transactionKey: 'T1',
      playerExternalId: 'P1',
      money: { amountMinor: 2_000n, currency: 'EUR' },
      occurredAtMs: Date.UTC(2026, 10, 21, 10, 16),
    });
    const beside = { ...EVENT, event_revenue: '9.5', event_revenue_currency: 'USD' };
    expect(translateAppsflyer(beside)).toMatchObject({ money: { amountMinor: 950n, currency: 'USD' } });
  });

  it.each([
    ['af_complete_registration', 'registration'],
    ['registration', 'registration'],
    ['ftd', 'deposit'],
    ['first_deposit', 'deposit'],
    ['af_lead', 'lead'],
  ])('%s is a %s', (event_name, kind) => {
    expect(translateAppsflyer({ ...EVENT, event_name })).toMatchObject({ kind });
  });

  it.each(['level_up', 'reinstall', 're-engagement', 'self_exclusion', 'chargeback', 'ngr'])(
    '%s is nothing of ours',
    (event_name) => {
      expect(translateAppsflyer({ ...EVENT, event_name })).toEqual(ignored('unknown_event'));
    },
  );

  it('tells messages apart by device, name, time and value, and by nothing else', () => {
    const keyOf = (given: object) => {
      const event = translateAppsflyer({ ...EVENT, ...given });
      return 'ignored' in event ? null : event.senderEventId;
    };
    expect(keyOf({ media_source: 'renamed', ip: '203.0.113.8' })).toBe(keyOf({}));
    const others = [{ appsflyer_id: 'x' }, { event_time: '2026-11-21 10:16:01.000' }, { event_value: '{}' }];
    expect(new Set([{}, ...others].map(keyOf)).size).toBe(4);
  });

  it.each([
    ['with its reason', { is_rejected: '1', reject_reason: 'bots' }, 'bots'],
    ['by the reason alone', { rejected_reason: 'click_flood' }, 'click_flood'],
    ['as its raw data calls it', { blocked_reason: 'site_blacklist' }, 'site_blacklist'],
    ['without a reason', { is_rejected: 'true' }, 'no reason given'],
    ['with a reason too long', { reject_reason: 'x'.repeat(300) }, 'x'.repeat(100)],
    ['not at all', { is_rejected: '0', reject_reason: 'bots' }, undefined],
    ['by a placeholder', { reject_reason: '{reject_reason}' }, undefined],
  ])('says what was rejected %s', (_how, given, expected) => {
    const event = translateAppsflyer({ ...INSTALL, ...given });
    expect('attributes' in event && event.attributes.rejectionReason).toBe(expected);
  });

  it('a rejected install is another message than the same install for another click', () => {
    const [stands, rejected] = [{}, { is_rejected: '1' }].map((given) =>
      translateAppsflyer({ ...INSTALL, ...given }),
    );
    expect(rejected).not.toMatchObject({
      senderEventId: (stands as { senderEventId: string }).senderEventId,
    });
  });

  it.each([
    ['a placeholder', { af_sub1: '{click_id}' }, 'unresolved_macro', 'af_sub1'],
    ['no time', { install_time: 'yesterday' }, 'invalid_request', 'install_time'],
    ['a deposit of nobody', { event_name: 'ftd' }, 'invalid_request', 'customer_user_id'],
    [
      'too many decimals',
      { event_name: 'af_purchase', event_revenue: '1.001', event_revenue_currency: 'EUR' },
      'invalid_request',
      'event_revenue',
    ],
  ])('refuses %s', (_what, given, code, path) => {
    const refusal = refusalOf(() => translateAppsflyer({ ...INSTALL, ...given }));
    expect(refusal.code).toBe(code);
    expect(refusal.errors.map((error) => error.path)).toContain(path);
  });
});

describe('translateAdjust', () => {
  const INSTALL = {
    adid: '18546f6171f67e29d1cb983322ad1329',
    activity_kind: 'install',
    created_at: '1795256100',
    label: CLICK,
    install_begin_time: '1795256000',
    nonce: 'abc',
  };
  const EVENT = {
    ...INSTALL,
    activity_kind: 'event',
    event_name: 'First Deposit',
    player_id: 'P1',
    revenue_float: '20.5',
    currency: 'EUR',
  };

  it('reads an install', () => {
    expect(translateAdjust(INSTALL)).toMatchObject({
      kind: 'install',
      clickRef: CLICK,
      occurredAtMs: 1_795_256_100_000,
      attributes: { installBeginAt: new Date(1_795_256_000_000).toISOString() },
    });
    expect(translateAdjust({ ...INSTALL, install_begin_time: '0' })).toMatchObject({
      attributes: { unknownFields: 0 },
    });
  });

  it('reads an in-app event with its amount', () => {
    expect(translateAdjust(EVENT)).toMatchObject({
      kind: 'deposit',
      status: 'confirmed',
      playerExternalId: 'P1',
      money: { amountMinor: 2_050n, currency: 'EUR' },
    });
    expect(translateAdjust({ ...EVENT, transaction_id: 'T9' })).toMatchObject({ transactionKey: 'T9' });
  });

  it('a resent callback is the same, whatever its nonce', () => {
    const keyOf = (given: object) => {
      const event = translateAdjust({ ...EVENT, ...given });
      return 'ignored' in event ? null : event.senderEventId;
    };
    expect(keyOf({ nonce: 'other' })).toBe(keyOf({}));
    expect(keyOf({ created_at: '1795256101' })).not.toBe(keyOf({}));
  });

  it.each([
    ['session', 'other_activity'],
    ['click', 'other_activity'],
    ['reattribution', 'other_activity'],
    ['rejected install', 'other_activity'],
    ['rejected reattribution', 'other_activity'],
  ] as const)('%s is ignored', (activity_kind, reason) => {
    expect(translateAdjust({ ...INSTALL, activity_kind })).toEqual(ignored(reason));
  });

  it.each(['rejected install', 'rejected_install'])('a %s is taken when it says why', (activity_kind) => {
    const rejected = { ...INSTALL, activity_kind, rejection_reason: 'engagement_injection' };
    expect(translateAdjust(rejected)).toMatchObject({
      kind: 'install',
      clickRef: CLICK,
      attributes: { rejectionReason: 'engagement_injection' },
    });
    expect(translateAdjust({ ...rejected, rejection_reason: '{rejection_reason}' })).toEqual(
      ignored('other_activity'),
    );
  });

  it('ignores an event of the app’s own and an install without a click', () => {
    expect(translateAdjust({ ...EVENT, event_name: 'level 7' })).toEqual(ignored('unknown_event'));
    expect(translateAdjust({ ...INSTALL, label: 'banner' })).toEqual(ignored('no_click'));
  });

  it.each([
    ['a placeholder', { adid: '{adid}' }, 'unresolved_macro', 'adid'],
    ['a time that is none', { created_at: '17952561' }, 'invalid_request', 'created_at'],
  ])('refuses %s', (_what, given, code, path) => {
    const refusal = refusalOf(() => translateAdjust({ ...INSTALL, ...given }));
    expect([refusal.code, refusal.errors.map((error) => error.path)]).toEqual([code, [path]]);
  });
});
