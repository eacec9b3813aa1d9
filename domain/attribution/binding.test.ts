import {
  aDeal,
  aDeposit,
  aRegistration,
  aTouch,
  CLICKED_AT_MS,
  clicksOf,
  money,
  testId,
} from '../testing/facts';
import { DAY_MS, HOUR_MS } from '../time';
import { bindPlayer, dealInForce } from './binding';

const early = aTouch();
const late = aTouch({
  clickId: testId('clk', 2),
  partnerId: testId('ptn', 2),
  clickedAtMs: CLICKED_AT_MS + DAY_MS,
});
const clicks = clicksOf(early, late);
const deal = aDeal();

describe('bindPlayer: which click', () => {
  it('ties the player to the click, partner and deal of the registration', () => {
    const event = aRegistration();
    expect(bindPlayer(event, false, [event], clicks, [deal])).toEqual({
      event,
      isProvisional: false,
      touch: early,
      deal,
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
    const blocked = clicksOf({ ...early, outcome: 'block' });
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
    expect(bindPlayer(event, false, [event], clicks, [deal])).toEqual({
      event,
      isProvisional: false,
      touch: null,
      deal: null,
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
    expect(bindPlayer(event, false, [event], clicksOf(own), [deal])).toMatchObject({
      touch: own,
      deal: null,
    });
  });
});

describe('dealInForce', () => {
  const at = CLICKED_AT_MS;
  const second = aDeal({ dealId: testId('dea', 2), version: 2, cpa: money('40.00 EUR'), validFromMs: at });
  const partner = testId('ptn', 1);

  it.each([
    ['before the second version begins', [deal, second], at - 1, deal],
    ['from its first millisecond', [deal, second], at, second],
    ['whatever the order of the list', [second, deal], at, second],
    ['and ever after', [deal, second], at + 100 * DAY_MS, second],
    ['none has begun yet', [second], at - 1, null],
    ['there is none', [], at, null],
    ['only other partners have one', [aDeal({ partnerId: testId('ptn', 2) })], at, null],
  ])('%s', (_name, deals, atMs, expected) => {
    expect(dealInForce(deals, partner, atMs)).toBe(expected);
  });

  it('takes the higher version of two that begin together, in any order', () => {
    const third = aDeal({ dealId: testId('dea', 3), version: 3, validFromMs: at });
    expect(dealInForce([second, third], partner, at)).toBe(third);
    expect(dealInForce([third, second], partner, at)).toBe(third);
  });

  it('takes the latest begun, even when a higher version began earlier', () => {
    const backdated = aDeal({ dealId: testId('dea', 3), version: 3, validFromMs: at - DAY_MS });
    expect(dealInForce([second, backdated], partner, at)).toBe(second);
  });

  it('counts a deal that began within the second that a whole-second time names', () => {
    const wholeSecond = Date.UTC(2026, 2, 1, 12, 0, 0);
    const begun = aDeal({ validFromMs: wholeSecond + 400 });
    expect(dealInForce([begun], partner, wholeSecond)).toBe(begun);
    expect(dealInForce([begun], partner, wholeSecond + 399)).toBeNull();
  });

  it('gives nobody without a partner a deal', () => {
    expect(dealInForce([deal], null, at)).toBeNull();
  });
});
