import { createVisitorLimit } from './visitor-limit';

const HERE = '203.0.113.9';

describe('the share of an address', () => {
  it('is used up by what requests hold, and a large one that begins within it passes whole', () => {
    const limit = createVisitorLimit(10);
    expect([limit.take(HERE, 0), limit.take(HERE, 0, 20), limit.take(HERE, 0)]).toEqual([true, true, false]);
    expect(limit.isFull(HERE, 0)).toBe(true);
    expect(limit.take('203.0.113.10', 0)).toBe(true);
    expect(limit.take(HERE, 1_000)).toBe(true);
  });

  it('is a tenth while the process falls behind: who sends much is refused, and others are not', () => {
    let isStrained = false;
    const limit = createVisitorLimit(100, () => isStrained);
    for (let sent = 0; sent < 50; sent += 1) limit.take(HERE, 0);
    isStrained = true;
    expect(limit.take(HERE, 0)).toBe(false);
    const others = Array.from({ length: 11 }, () => limit.take('203.0.113.10', 0));
    expect(others.indexOf(false)).toBe(10);
    isStrained = false;
    expect(limit.take(HERE, 0)).toBe(true);
  });

  it('is at least one request, and everything when there is no limit', () => {
    const [small, none] = [createVisitorLimit(5, () => true), createVisitorLimit(0, () => true)];
    expect([small.take(HERE, 0), small.take(HERE, 0)]).toEqual([true, false]);
    for (let sent = 0; sent < 1_000; sent += 1) expect(none.take(HERE, 0, 100)).toBe(true);
  });
});
