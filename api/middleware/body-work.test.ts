import { Session } from 'node:inspector';
import { duplicateKey } from './duplicate-key';
import { unsafeContent } from './unsafe-content';

/** What strangers fill a body with when it shall cost much. */
const VALUES = 50_000;
const LISTS = `[${'[],'.repeat(VALUES)}[]]`;
const NUMBERS = `[${'0,'.repeat(VALUES)}0]`;
const OBJECTS = `[${'{"a":1},'.repeat(VALUES)}{}]`;
const FIELDS = `{${Array.from({ length: VALUES }, (_, index) => `"f${index}":1`).join(',')}}`;
const DEEP = `[${Array.from({ length: VALUES / 30 }, () => '['.repeat(30) + ']'.repeat(30)).join(',')}]`;
const BODIES = Object.entries({ LISTS, NUMBERS, OBJECTS, FIELDS, DEEP });

/** Bytes that this work takes from the heap, whether they are given back or not; counted in samples of a kilobyte. */
function bytesTaken(work: () => void): number {
  const session = new Session();
  session.connect();
  let taken = 0;
  session.post('HeapProfiler.startSampling', {
    samplingInterval: 1_024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as object);
  work();
  session.post('HeapProfiler.stopSampling', (_error, { profile }) => {
    const waiting = [profile.head];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      taken += node.selfSize;
      waiting.push(...node.children);
    }
  });
  session.disconnect();
  return taken;
}

describe('the checks of a parsed body', () => {
  it.each(BODIES)('take nothing from the heap for each value: %s', (_name, text) => {
    const value: unknown = JSON.parse(text);
    const check = (): void => {
      expect(unsafeContent(value) ?? duplicateKey(text, value)).toBeNull();
    };
    check();
    // An object's names are listed for each of the two checks, in one piece.
    expect(bytesTaken(check) / VALUES).toBeLessThan(40);
  });

  it('notice work that takes something for each value', () => {
    const kept: unknown[] = [];
    const taken = bytesTaken(() => {
      for (let value = 0; value < VALUES; value += 1) kept.push({ value, path: ['a', String(value)] });
    });
    expect(taken / VALUES).toBeGreaterThan(60);
  });

  it('look at each value once, and stop at a problem', () => {
    let reads = 0;
    const counted = (value: object): object =>
      new Proxy(value, {
        get: (target, name, receiver) => {
          if (typeof name === 'string' && name !== 'length') reads += 1;
          return Reflect.get(target, name, receiver) as unknown;
        },
      });
    const lists = counted(Array.from({ length: 100 }, () => counted([1, 2, 3])));
    expect(unsafeContent(lists)).toBeNull();
    expect(reads).toBe(100 + 300);
    reads = 0;
    expect(unsafeContent(counted([1, 'a\0b', ...Array.from({ length: 100 }, () => 1)]))).toMatchObject({
      path: '1',
    });
    expect(reads).toBe(2);
  });
});
