import { lowestUuidAt, monthPartition } from './partitions';

const at = (iso: string) => Date.parse(iso);

describe('monthPartition', () => {
  it.each([
    ['2026-11-21T08:00:00Z', 0, 'clicks_2026_11', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['2026-11-21T08:00:00Z', 1, 'clicks_2026_12', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['2026-11-21T08:00:00Z', 3, 'clicks_2027_02', '2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z'],
    ['2027-01-31T23:59:59.999Z', 0, 'clicks_2027_01', '2027-01-01T00:00:00Z', '2027-02-01T00:00:00Z'],
    ['2027-01-31T23:59:59.999Z', 1, 'clicks_2027_02', '2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z'],
    ['2028-02-29T12:00:00Z', 0, 'clicks_2028_02', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['2028-03-01T00:00:00.000Z', 0, 'clicks_2028_03', '2028-03-01T00:00:00Z', '2028-04-01T00:00:00Z'],
  ])('of %s and %i months ahead is %s', (now, ahead, name, from, to) => {
    expect(monthPartition(at(now), ahead)).toEqual({
      name,
      fromUuid: lowestUuidAt(at(from)),
      toUuid: lowestUuidAt(at(to)),
    });
  });

  it('of another table has its name', () => {
    const now = at('2026-11-21T08:00:00Z');
    const clicks = monthPartition(now, 2);
    expect(monthPartition(now, 2, 'impressions')).toEqual({ ...clicks, name: 'impressions_2027_01' });
  });

  it('leaves no gap and no overlap over three years', () => {
    const now = at('2026-10-31T23:59:59.999Z');
    for (let ahead = 0; ahead < 36; ahead += 1) {
      expect(monthPartition(now, ahead).toUuid).toBe(monthPartition(now, ahead + 1).fromUuid);
    }
  });
});

describe('lowestUuidAt', () => {
  it('is the millisecond in 48 bits, and nothing else', () => {
    expect(lowestUuidAt(0)).toBe('00000000-0000-0000-0000-000000000000');
    const december = at('2026-12-01T00:00:00Z');
    expect(lowestUuidAt(december)).toBe('01a22ee6-b000-0000-0000-000000000000');
    expect(0x01a22ee6b000).toBe(december);
  });
});
