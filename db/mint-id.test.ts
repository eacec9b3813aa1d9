import fc from 'fast-check';
import { mintedAtMs, parseId, uuidFromId } from '../domain/ids';
import { mintId } from './mint-id';

const anyMs = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) });

describe('mintId', () => {
  it('makes a UUID v7 that carries the given millisecond', () => {
    fc.assert(
      fc.property(anyMs, (nowMs) => {
        const id = mintId('clk', nowMs);
        expect(parseId('clk', id)).toBe(id);
        expect(mintedAtMs(id)).toBe(nowMs);
        expect(uuidFromId(id)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
      { seed: 24, numRuns: 300 },
    );
  });

  it('makes later ids greater', () => {
    fc.assert(
      fc.property(anyMs, fc.integer({ min: 1, max: 1_000_000 }), (nowMs, laterByMs) => {
        expect(mintId('evt', nowMs) < mintId('evt', nowMs + laterByMs)).toBe(true);
      }),
      { seed: 25, numRuns: 300 },
    );
  });

  it('never makes the same one twice, however many in one millisecond', () => {
    const ids = Array.from({ length: 10_000 }, () => mintId('clk', Date.UTC(2026, 2, 1)));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
