import fc from 'fast-check';
import { shuffled } from '../testing/fact-sets';
import { aTouch, CLICKED_AT_MS, testId } from '../testing/facts';
import { DAY_MS } from '../time';
import { lastTouch } from './last-touch';

const first = aTouch();
const second = aTouch({ clickId: testId('clk', 2), clickedAtMs: CLICKED_AT_MS + DAY_MS });

describe('lastTouch', () => {
  it('takes the latest click before the event', () => {
    expect(lastTouch([first, second], CLICKED_AT_MS + 2 * DAY_MS)).toEqual({ found: true, touch: second });
  });

  it('leaves out a click that came after the event', () => {
    expect(lastTouch([first, second], CLICKED_AT_MS + DAY_MS / 2)).toEqual({ found: true, touch: first });
  });

  it('leaves out a later click whose own window is over', () => {
    const short = aTouch({ ...second, expiresAtMs: second.clickedAtMs + DAY_MS });
    expect(lastTouch([first, short], second.clickedAtMs + 2 * DAY_MS)).toEqual({ found: true, touch: first });
  });

  it('leaves out a click that was blocked as fraud, and takes one that is only doubted', () => {
    const atMs = CLICKED_AT_MS + 2 * DAY_MS;
    expect(lastTouch([first, { ...second, outcome: 'block' }], atMs)).toEqual({ found: true, touch: first });
    const doubted = { ...second, outcome: 'review' } as const;
    expect(lastTouch([first, doubted], atMs)).toEqual({ found: true, touch: doubted });
    const onlyBlocked = lastTouch([{ ...first, outcome: 'block' }], atMs);
    expect(onlyBlocked).toEqual({ found: false, reason: 'blocked_click' });
  });

  it('decides equal click times by the higher click id', () => {
    const twin = aTouch({ clickId: testId('clk', 7) });
    for (const touches of [
      [first, twin],
      [twin, first],
    ]) {
      expect(lastTouch(touches, CLICKED_AT_MS)).toEqual({ found: true, touch: twin });
    }
  });

  it.each([
    ['no click', [], CLICKED_AT_MS, 'no_touch'],
    ['an event before its click', [first], CLICKED_AT_MS - 1, 'click_after_event'],
    ['an event after the window', [first], first.expiresAtMs + 1, 'outside_click_window'],
    [
      'one window over, one click yet to come',
      [first, aTouch({ ...second, clickedAtMs: first.expiresAtMs + DAY_MS })],
      first.expiresAtMs + 1,
      'outside_click_window',
    ],
  ] as const)('finds none with %s', (_name, touches, occurredAtMs, reason) => {
    expect(lastTouch(touches, occurredAtMs)).toEqual({ found: false, reason });
  });

  it('depends on the set of clicks and not on their order', () => {
    const touches = fc.uniqueArray(
      fc
        .record({ number: fc.nat(50), day: fc.nat(3), days: fc.constantFrom(1, 30) })
        .map(({ number, day, days }) => {
          const clickedAtMs = CLICKED_AT_MS + day * DAY_MS;
          return aTouch({
            clickId: testId('clk', number),
            clickedAtMs,
            expiresAtMs: clickedAtMs + days * DAY_MS,
          });
        }),
      { selector: (touch) => touch.clickId, maxLength: 6 },
    );
    const pair = touches.chain((list) => fc.tuple(fc.constant(list), shuffled(list)));
    fc.assert(
      fc.property(pair, fc.nat(5), ([list, other], day) => {
        const occurredAtMs = CLICKED_AT_MS + day * DAY_MS;
        expect(lastTouch(other, occurredAtMs)).toEqual(lastTouch(list, occurredAtMs));
      }),
      { seed: 42, numRuns: 500 },
    );
  });
});
