import fc from 'fast-check';
import type { ClickTouch, Touch } from '../facts';
import { circumstances } from '../testing/circumstances';
import { shuffled } from '../testing/fact-sets';
import { aTouch, aView, CLICKED_AT_MS, testId } from '../testing/facts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../time';
import { ageMsOf, attribute, leadingClick, type NO_TOUCH_REASONS } from './attribute';
import { ATTRIBUTION_MODELS, type AttributionModel } from './models';
import { byTouchTime, touchIdOf } from './touch';

const first = aTouch();
const second = aTouch({ clickId: testId('clk', 2), clickedAtMs: CLICKED_AT_MS + DAY_MS });
const third = aTouch({ clickId: testId('clk', 3), clickedAtMs: CLICKED_AT_MS + 2 * DAY_MS });
const EVENT_AT_MS = CLICKED_AT_MS + 3 * DAY_MS;

const losingOf = (touches: readonly Touch[], occurredAtMs: number) =>
  attribute(touches, occurredAtMs).losing.map(({ touch, reason }) => `${touchIdOf(touch)} ${reason}`);

describe('attribute: the last touch', () => {
  const lastOf = (touches: readonly Touch[], occurredAtMs: number) => {
    const { shares, reason, basis } = attribute(touches, occurredAtMs);
    expect(shares.every(({ weight }) => weight > 0n)).toBe(true);
    expect(basis === 'none').toBe(reason !== null);
    return reason ?? shares.map(({ touch }) => touch);
  };

  it('is the latest click before the event', () => {
    expect(lastOf([first, second], CLICKED_AT_MS + 2 * DAY_MS)).toEqual([second]);
  });

  it('is no click that came after the event', () => {
    expect(lastOf([first, second], CLICKED_AT_MS + DAY_MS / 2)).toEqual([first]);
  });

  it('is no later click whose own window is over', () => {
    const short = aTouch({ ...second, expiresAtMs: second.clickedAtMs + DAY_MS });
    expect(lastOf([first, short], second.clickedAtMs + 2 * DAY_MS)).toEqual([first]);
  });

  it('is no click that was blocked as fraud, but one that is only doubted', () => {
    const atMs = CLICKED_AT_MS + 2 * DAY_MS;
    expect(lastOf([first, { ...second, outcome: 'block' }], atMs)).toEqual([first]);
    const doubted = { ...second, outcome: 'review' } as const;
    expect(lastOf([first, doubted], atMs)).toEqual([doubted]);
    expect(lastOf([{ ...first, outcome: 'block' }], atMs)).toBe('blocked_click');
  });

  it('of equal click times is the higher click id', () => {
    const twin = aTouch({ clickId: testId('clk', 7) });
    for (const touches of [
      [first, twin],
      [twin, first],
    ]) {
      expect(lastOf(touches, CLICKED_AT_MS)).toEqual([twin]);
    }
  });

  it.each<[string, Touch[], number, (typeof NO_TOUCH_REASONS)[number]]>([
    ['no click', [], CLICKED_AT_MS, 'no_touch'],
    ['an event before its click', [first], CLICKED_AT_MS - 1, 'click_after_event'],
    ['an event after the window', [first], first.expiresAtMs + 1, 'outside_click_window'],
    [
      'one window over, one click yet to come',
      [first, aTouch({ ...second, clickedAtMs: first.expiresAtMs + DAY_MS })],
      first.expiresAtMs + 1,
      'outside_click_window',
    ],
    [
      'one click blocked, one yet to come',
      [{ ...first, outcome: 'block' }, second],
      CLICKED_AT_MS + 1,
      'click_after_event',
    ],
  ])('is none with %s', (_name, touches, occurredAtMs, reason) => {
    expect(lastOf(touches, occurredAtMs)).toBe(reason);
  });

  it.each<[string, number, boolean]>([
    ['the first millisecond', first.clickedAtMs, true],
    ['the last millisecond', first.expiresAtMs, true],
    ['the one before', first.clickedAtMs - 1, false],
    ['the one after', first.expiresAtMs + 1, false],
  ])('in %s of its window: %p %p', (_name, occurredAtMs, isInside) => {
    expect(attribute([first], occurredAtMs).basis).toBe(isInside ? 'click' : 'none');
  });
});

describe('attribute: the models', () => {
  const path = (model: AttributionModel, changes: Partial<ClickTouch> = {}) => [
    first,
    second,
    { ...third, ...changes, model },
  ];

  it.each<[AttributionModel, string[], string[]]>([
    ['last_touch', ['clk 3'], ['clk 2', 'clk 1']],
    ['first_touch', ['clk 1'], ['clk 3', 'clk 2']],
    ['last_non_direct', ['clk 3'], ['clk 2', 'clk 1']],
    ['linear', ['clk 1', 'clk 2', 'clk 3'], []],
    ['position_based', ['clk 1', 'clk 2', 'clk 3'], []],
    ['time_decay', ['clk 1', 'clk 2', 'clk 3'], []],
  ])('%s credits the path, oldest first, and tells who assisted', (model, credited, assisting) => {
    const attribution = attribute(path(model), EVENT_AT_MS);
    const named = ({ touch }: { touch: Touch }) =>
      `clk ${[first, second, third].findIndex((click) => touchIdOf(touch) === click.clickId) + 1}`;
    expect(attribution).toMatchObject({ model, basis: 'click', reason: null, contests: [] });
    expect(attribution.shares.map(named)).toEqual(credited);
    expect(attribution.losing.map(named)).toEqual(assisting);
    expect(attribution.losing.every(({ reason }) => reason === 'assisted')).toBe(true);
  });

  it('is that of the latest click that is left', () => {
    const touches = [{ ...first, model: 'linear' as const }, second, { ...third, outcome: 'block' as const }];
    expect(attribute(touches, EVENT_AT_MS).model).toBe('last_touch');
    expect(attribute(touches.slice(0, 1), EVENT_AT_MS).model).toBe('linear');
  });

  it('counts ages by the half-life of the latest click, from the end of a whole second', () => {
    const at = Date.UTC(2026, 2, 20);
    const click = (number: number, days: number) =>
      aTouch({
        clickId: testId('clk', number),
        clickedAtMs: at + 999 - days * DAY_MS,
        model: 'time_decay',
        halfLifeDays: 3,
      });
    const weights = attribute([click(1, 6), click(2, 3), click(3, 0)], at).shares.map(({ weight }) => weight);
    const [least = 0n] = weights;
    expect(weights.map((weight) => weight / least)).toEqual([1n, 2n, 4n]);
    expect(weights.every((weight) => weight % least === 0n)).toBe(true);
  });

  it('passes over a direct visit that came last', () => {
    const attribution = attribute(path('last_non_direct', { isDirect: true, partnerId: null }), EVENT_AT_MS);
    expect(attribution.shares.map(({ touch }) => touch)).toEqual([second]);
    expect(leadingClick(attribution)).toBe(second);
  });
});

describe('attribute: views', () => {
  const view = aView({ viewedAtMs: EVENT_AT_MS - HOUR_MS });
  const earlier = aView({ impressionId: testId('imp', 2), viewedAtMs: EVENT_AT_MS - 2 * HOUR_MS });
  const later = aTouch({ ...second, clickedAtMs: EVENT_AT_MS + 1 });

  it.each<[string, Touch[]]>([
    ['there is no click', [earlier, view]],
    ['the click is blocked', [{ ...first, outcome: 'block' }, earlier, view]],
    ['the click’s window is over', [{ ...first, expiresAtMs: EVENT_AT_MS - 1 }, earlier, view]],
    ['the click came after the event', [earlier, view, later]],
  ])('credit the latest one when %s', (_name, touches) => {
    const attribution = attribute(touches, EVENT_AT_MS);
    expect(attribution).toMatchObject({ basis: 'view', model: 'last_touch', reason: null });
    expect(attribution.shares).toEqual([{ touch: view, weight: 1n }]);
    expect(attribution.losing).toContainEqual({ touch: earlier, reason: 'assisted' });
    expect(leadingClick(attribution)).toBeNull();
  });

  it('lose to any click in its window, however much older', () => {
    const { basis, shares, losing } = attribute([first, earlier, view], EVENT_AT_MS);
    expect({ basis, shares }).toEqual({ basis: 'click', shares: [{ touch: first, weight: 1n }] });
    expect(losing).toEqual([
      { touch: view, reason: 'click_beats_view' },
      { touch: earlier, reason: 'click_beats_view' },
    ]);
  });

  it.each<[string, number, boolean]>([
    ['of the view itself', 0, true],
    ['24 hours after it', DAY_MS, true],
    ['one millisecond more', DAY_MS + 1, false],
    ['one millisecond before it', -1, false],
  ])('count at the moment %s', (_name, sinceMs, isInside) => {
    const { basis, reason } = attribute([view], view.viewedAtMs + sinceMs);
    expect(basis).toBe(isInside ? 'view' : 'none');
    expect(reason === null).toBe(isInside);
  });

  it('that were blocked are not credited', () => {
    expect(attribute([{ ...view, outcome: 'block' }], EVENT_AT_MS)).toMatchObject({
      basis: 'none',
      reason: 'blocked_click',
    });
  });
});

describe('attribute: who loses', () => {
  const thief = aTouch({
    clickId: testId('clk', 4),
    partnerId: testId('ptn', 2),
    clickedAtMs: EVENT_AT_MS - 10 * SECOND_MS,
    model: 'linear',
  });

  it('refuses another partner’s click just before the event, and does not ask for its model', () => {
    const attribution = attribute([first, thief], EVENT_AT_MS);
    expect(attribution).toMatchObject({ model: 'last_touch', shares: [{ touch: first }] });
    expect(attribution.losing).toEqual([{ touch: thief, reason: 'contested' }]);
    expect(attribution.contests).toMatchObject([{ protected: first, challenger: thief, isRefused: true }]);
  });

  it('records a contest that is not refused, and credits the last as ever', () => {
    const rival = { ...thief, clickedAtMs: EVENT_AT_MS - HOUR_MS, model: 'last_touch' as const };
    const attribution = attribute([first, rival], EVENT_AT_MS);
    expect(attribution.shares.map(({ touch }) => touch)).toEqual([rival]);
    expect(attribution.contests).toMatchObject([{ protected: first, challenger: rival, isRefused: false }]);
  });

  it.each<[string, Partial<ClickTouch>]>([
    ['is blocked', { outcome: 'block' }],
    ['is out of its window', { expiresAtMs: EVENT_AT_MS - 1 }],
  ])('protects no click that %s', (_name, changes) => {
    const attribution = attribute([{ ...first, ...changes }, thief], EVENT_AT_MS);
    expect(attribution.shares.map(({ touch }) => touch)).toEqual([thief]);
    expect(attribution.contests).toEqual([]);
  });

  it('tells every reason, the latest touch first', () => {
    const view = aView({ viewedAtMs: EVENT_AT_MS - HOUR_MS });
    const expired = { ...first, expiresAtMs: EVENT_AT_MS - 1 };
    const blocked = aTouch({ clickId: testId('clk', 5), clickedAtMs: EVENT_AT_MS - 1, outcome: 'block' });
    expect(losingOf([view, expired, second, third, blocked, thief], EVENT_AT_MS)).toEqual([
      `${blocked.clickId} blocked_click`,
      `${thief.clickId} contested`,
      `${view.impressionId} click_beats_view`,
      `${second.clickId} assisted`,
      `${expired.clickId} outside_click_window`,
    ]);
  });

  it('tells of clicks after the event only while nobody is credited', () => {
    const later = aTouch({ clickId: testId('clk', 6), clickedAtMs: EVENT_AT_MS + 1 });
    expect(losingOf([first, later], EVENT_AT_MS)).toEqual([]);
    expect(losingOf([{ ...first, outcome: 'block' }, later], EVENT_AT_MS)).toEqual([
      `${later.clickId} click_after_event`,
      `${first.clickId} blocked_click`,
    ]);
  });

  it('tells of the latest twenty at most, and counts all', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      aTouch({
        clickId: testId('clk', 10 + index),
        clickedAtMs: CLICKED_AT_MS + index,
        model: 'first_touch',
      }),
    );
    const { shares, losing } = attribute(many, EVENT_AT_MS);
    expect(shares).toEqual([{ touch: many[0], weight: 1n }]);
    expect(losing.map(({ touch }) => touch)).toEqual(many.slice(10).reverse());
    const { shares: all } = attribute(
      many.map((click) => ({ ...click, model: 'linear' as const })),
      EVENT_AT_MS,
    );
    expect(all).toHaveLength(30);
  });
});

describe('attribute, for any touches', () => {
  const touches = fc.uniqueArray(
    fc
      .record({
        number: fc.nat(50),
        partner: fc.nat(2),
        day: fc.nat(3),
        days: fc.constantFrom(1, 30),
        isView: fc.boolean(),
        model: fc.constantFrom(...ATTRIBUTION_MODELS),
        outcome: fc.constantFrom('allow', 'allow', 'block'),
      })
      .map(({ number, partner, day, days, isView, model, outcome }): Touch => {
        const partnerId = partner === 0 ? null : testId('ptn', partner);
        const atMs = CLICKED_AT_MS + day * DAY_MS;
        if (isView)
          return aView({ impressionId: testId('imp', number), partnerId, viewedAtMs: atMs, outcome });
        return aTouch({
          clickId: testId('clk', number),
          partnerId,
          isDirect: partnerId === null,
          model,
          outcome,
          clickedAtMs: atMs,
          expiresAtMs: atMs + days * DAY_MS,
        });
      }),
    { selector: touchIdOf, maxLength: 6 },
  );
  const pair = touches.chain((list) => fc.tuple(fc.constant(list), shuffled(list)));

  it('depends on the set of touches and not on their order', () => {
    fc.assert(
      fc.property(pair, fc.nat(5), ([list, other], day) => {
        const occurredAtMs = CLICKED_AT_MS + day * DAY_MS;
        expect(attribute(other, occurredAtMs)).toEqual(attribute(list, occurredAtMs));
      }),
      { seed: 42, numRuns: 1_000 },
    );
  });

  it('either credits somebody or says why not, each touch once, views never beside a click', () => {
    const any = fc.oneof(
      touches,
      circumstances.map(({ clicks, views }) => [...clicks, ...views]),
    );
    fc.assert(
      fc.property(any, fc.nat(5), (list, day) => {
        const { basis, shares, losing, reason } = attribute(list, CLICKED_AT_MS + day * DAY_MS);
        expect(shares.length === 0).toBe(reason !== null);
        expect(shares.every(({ touch }) => touch.kind === basis)).toBe(true);
        expect(shares.map(({ touch }) => touch)).toEqual(shares.map(({ touch }) => touch).sort(byTouchTime));
        const ids = [...shares, ...losing].map(({ touch }) => touchIdOf(touch));
        expect(new Set(ids).size).toBe(ids.length);
        expect(losing.length).toBeGreaterThanOrEqual(reason === null ? 0 : list.length);
      }),
      { seed: 43, numRuns: 1_000 },
    );
  });
});

describe('ageMsOf', () => {
  it('counts to the end of a whole second, and never below zero', () => {
    const at = Date.UTC(2026, 2, 1, 12);
    expect(ageMsOf(aTouch({ clickedAtMs: at - DAY_MS }), at + 1)).toBe(DAY_MS + 1);
    expect(ageMsOf(aTouch({ clickedAtMs: at + 400 }), at)).toBe(599);
    expect(ageMsOf(aView({ viewedAtMs: at + 400 }), at + 1)).toBe(0);
  });
});
