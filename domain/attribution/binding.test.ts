import type { ClickTouch } from '../facts';
import {
  aDeal,
  aDeposit,
  aRegistration,
  aTouch,
  aView,
  CLICKED_AT_MS,
  clicksOf,
  testId,
} from '../testing/facts';
import { DAY_MS, HOUR_MS } from '../time';
import { bindPlayer } from './binding';

const early = aTouch();
const late = aTouch({
  clickId: testId('clk', 2),
  visitorId: testId('vis', 2),
  partnerId: testId('ptn', 2),
  clickedAtMs: CLICKED_AT_MS + DAY_MS,
});
const touchesOf = (...clicks: readonly ClickTouch[]) => ({ clicks: clicksOf(...clicks), views: [] });
const clicks = touchesOf(early, late);
const deal = aDeal();

describe('bindPlayer: which click', () => {
  it('ties the player to the click, partner and deal of the registration', () => {
    const event = aRegistration();
    expect(bindPlayer(event, false, [event], clicks, [deal])).toEqual({
      event,
      isProvisional: false,
      attribution: {
        model: 'last_touch',
        basis: 'click',
        shares: [{ touch: early, weight: 1n }],
        losing: [],
        contests: [],
        reason: null,
      },
      touch: early,
      deal,
      deals: new Map([[deal.partnerId, deal]]),
      reason: 'last_touch',
    });
  });

  it('says that a binding on a deposit is provisional', () => {
    const event = aDeposit();
    expect(bindPlayer(event, true, [event], clicks, [deal])).toMatchObject({
      isProvisional: true,
      touch: early,
    });
  });

  it('takes the latest of the clicks that were named up to the registration', () => {
    const before = aDeposit({ clickId: early.clickId, occurredAtMs: CLICKED_AT_MS + HOUR_MS });
    const event = aRegistration({ clickId: late.clickId, occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
    expect(bindPlayer(event, false, [event, before], clicks, []).touch).toBe(late);
  });

  it('lets nobody take the player over by naming another click after the registration', () => {
    const event = aRegistration({ clickId: early.clickId, occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
    const after = aDeposit({ clickId: late.clickId, occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS + 1 });
    expect(bindPlayer(event, false, [event, after], clicks, []).touch).toBe(early);
  });

  it('lets a later event bring the click when none was named before', () => {
    const event = aRegistration({ clickId: null, occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
    const after = aDeposit({ clickId: late.clickId, occurredAtMs: CLICKED_AT_MS + 3 * DAY_MS });
    expect(bindPlayer(event, false, [event, after], clicks, []).touch).toBe(late);
  });

  it('holds a click that a later event brings against the time of the registration', () => {
    const event = aRegistration({ clickId: null, occurredAtMs: CLICKED_AT_MS + HOUR_MS });
    const after = aDeposit({ clickId: late.clickId, occurredAtMs: CLICKED_AT_MS + 3 * DAY_MS });
    expect(bindPlayer(event, false, [event, after], clicks, [])).toMatchObject({
      touch: null,
      deal: null,
      reason: 'click_after_event',
    });
  });

  it('takes no click from a blocked event, neither before the registration nor instead of one', () => {
    const event = aRegistration({ clickId: early.clickId, occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
    const forged = aDeposit({
      clickId: late.clickId,
      occurredAtMs: CLICKED_AT_MS + DAY_MS + 1,
      outcome: 'block',
    });
    expect(bindPlayer(event, false, [event, forged], clicks, []).touch).toBe(early);
    const unnamed = { ...event, clickId: null };
    expect(bindPlayer(unnamed, false, [unnamed, forged], clicks, [])).toMatchObject({
      touch: null,
      reason: 'no_touch',
    });
  });

  it('gives nothing to a blocked click, though an honest event names it', () => {
    const event = aRegistration({ clickId: early.clickId, occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
    const blocked = touchesOf({ ...early, outcome: 'block' });
    expect(bindPlayer(event, false, [event], blocked, [deal])).toMatchObject({
      touch: null,
      deal: null,
      reason: 'blocked_click',
    });
  });

  it('does not fall back to a later click while an earlier one is named that nobody knows', () => {
    const event = aRegistration({ clickId: testId('clk', 9), occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
    const after = aDeposit({ clickId: late.clickId, occurredAtMs: CLICKED_AT_MS + 3 * DAY_MS });
    expect(bindPlayer(event, false, [event, after], clicks, [])).toMatchObject({
      touch: null,
      reason: 'unknown_click',
    });
  });
});

describe('bindPlayer: why no click', () => {
  it.each([
    ['no click was named', { clickId: null }, 'no_touch'],
    ['the named click has no row', { clickId: testId('clk', 9) }, 'unknown_click'],
    ['the event came after the window', { occurredAtMs: early.expiresAtMs + 1 }, 'outside_click_window'],
    ['the event came before the click', { occurredAtMs: CLICKED_AT_MS - 1 }, 'click_after_event'],
  ])('%s', (_name, changes, reason) => {
    const event = aRegistration(changes);
    expect(bindPlayer(event, false, [event], clicks, [deal])).toMatchObject({
      event,
      isProvisional: false,
      attribution: { basis: 'none', shares: [] },
      touch: null,
      deal: null,
      deals: new Map(),
      reason,
    });
  });

  it.each([
    ['first', early.clickedAtMs],
    ['last', early.expiresAtMs],
  ])('the %s millisecond of the window still binds', (_name, occurredAtMs) => {
    const event = aRegistration({ occurredAtMs });
    expect(bindPlayer(event, false, [event], clicks, [deal]).touch).toBe(early);
  });

  it('a click without a partner binds without a deal', () => {
    const own = aTouch({ partnerId: null });
    const event = aRegistration();
    expect(bindPlayer(event, false, [event], touchesOf(own), [deal])).toMatchObject({
      touch: own,
      deal: null,
    });
  });
});

describe('bindPlayer: the visitor’s other touches', () => {
  const event = aRegistration({ occurredAtMs: CLICKED_AT_MS + 2 * DAY_MS });
  const unnamed = aTouch({ ...late, visitorId: early.visitorId });
  const stranger = aTouch({
    clickId: testId('clk', 3),
    visitorId: testId('vis', 3),
    clickedAtMs: late.clickedAtMs,
  });
  const linear = { ...unnamed, model: 'linear' as const };
  const dealOfTwo = aDeal({ dealId: testId('dea', 2), partnerId: testId('ptn', 2) });

  it('count though no event names them, and those of strangers do not', () => {
    const binding = bindPlayer(event, false, [event], touchesOf(early, unnamed, stranger), []);
    expect(binding.touch).toBe(unnamed);
    expect(binding.attribution.losing).toEqual([{ touch: early, reason: 'assisted' }]);
  });

  it('count of every visitor whose click was named up to the registration', () => {
    const before = aDeposit({ clickId: stranger.clickId, occurredAtMs: event.occurredAtMs - 1 });
    const both = bindPlayer(
      event,
      false,
      [event, before],
      touchesOf(early, linear, { ...stranger, model: 'linear' }),
      [],
    );
    expect(both.attribution.shares.map(({ touch }) => touch.kind === 'click' && touch.clickId)).toEqual([
      early.clickId,
      linear.clickId,
      stranger.clickId,
    ]);
    expect(both.reason).toBe('linear');
  });

  it('bring their own deals, pinned to the registration', () => {
    const later = aDeal({
      dealId: testId('dea', 3),
      partnerId: testId('ptn', 2),
      version: 2,
      validFromMs: event.occurredAtMs + 1,
    });
    const binding = bindPlayer(event, false, [event], touchesOf(early, linear), [deal, dealOfTwo, later]);
    expect(binding).toMatchObject({ reason: 'linear', touch: linear, deal: dealOfTwo });
    expect(binding.deals).toEqual(
      new Map([
        [deal.partnerId, deal],
        [dealOfTwo.partnerId, dealOfTwo],
      ]),
    );
  });

  it('bring no deal when the model gives them nothing', () => {
    const binding = bindPlayer(event, false, [event], touchesOf(early, unnamed), [deal, dealOfTwo]);
    expect(binding.deals).toEqual(new Map([[dealOfTwo.partnerId, dealOfTwo]]));
  });

  it('may be views, of which the credited one stands for no click', () => {
    const expired = { ...early, expiresAtMs: event.occurredAtMs - 1 };
    const view = aView({ viewedAtMs: event.occurredAtMs - HOUR_MS });
    const strange = aView({
      impressionId: testId('imp', 2),
      visitorId: testId('vis', 2),
      viewedAtMs: event.occurredAtMs,
    });
    const touches = { clicks: clicksOf(expired), views: [view, strange, view] };
    expect(bindPlayer(event, false, [event], touches, [deal])).toMatchObject({
      touch: null,
      deal: null,
      reason: 'view_through',
      attribution: {
        basis: 'view',
        shares: [{ touch: view }],
        losing: [{ touch: expired, reason: 'outside_click_window' }],
      },
    });
  });

  it('leave the player to the first partner when another’s click came just before', () => {
    const thief = aTouch({ ...unnamed, clickedAtMs: event.occurredAtMs - 1 });
    const stealing = { ...event, clickId: thief.clickId };
    const binding = bindPlayer(stealing, false, [stealing], touchesOf(early, thief), [deal, dealOfTwo]);
    expect(binding).toMatchObject({ touch: early, deal });
    expect(binding.attribution.contests).toMatchObject([{ challenger: thief, isRefused: true }]);
  });
});
