import fc from 'fast-check';
import { createReadGate, type ReadGate, type ReadWeight, readShares } from './read-gate';

const SHARES = { all: 4, heavy: 3, ofWorkspace: 3, heavyOfWorkspace: 2 };

let gate: ReadGate;
beforeEach(() => {
  jest.useFakeTimers();
  gate = createReadGate(SHARES);
});
afterEach(() => jest.useRealTimers());

/** What became of a read so far. */
async function stateOf(read: Promise<unknown>): Promise<string> {
  const told = read.then(
    () => 'under way',
    (error: { code: string }) => error.code,
  );
  await jest.advanceTimersByTimeAsync(0);
  return Promise.race([told, Promise.resolve('waits')]);
}

const states = (reads: readonly Promise<unknown>[]) => Promise.all(reads.map(stateOf));
const ask = (workspace: string, weight: ReadWeight, times: number) =>
  Array.from({ length: times }, () => gate.enter(workspace, weight));

it('lets in two heavy reads of a workspace, and its light ones beside them', async () => {
  const heavy = ask('a', 'heavy', 3);
  expect(await states(heavy)).toEqual(['under way', 'under way', 'waits']);
  expect(await states(ask('a', 'light', 2))).toEqual(['under way', 'waits']);
  const leave = await heavy[0];
  leave?.();
  expect(await states(heavy)).toEqual(['under way', 'under way', 'under way']);
});

it('keeps room for others whatever one workspace asks for', async () => {
  const many = ask('a', 'light', 10);
  expect(await states([...many.slice(0, 4), gate.enter('b', 'heavy')])).toEqual([
    ...['under way', 'under way', 'under way', 'waits'],
    'under way',
  ]);
  for (const read of many) read.catch(() => undefined);
});

it('tells who waited for himself apart from who waited for everybody', async () => {
  const refusals = Promise.allSettled([...ask('a', 'heavy', 3), ...ask('b', 'heavy', 2)]);
  await jest.advanceTimersByTimeAsync(1_000);
  const told = (await refusals).map((one) => (one.status === 'rejected' ? one.reason.code : 'under way'));
  expect(told).toEqual(['under way', 'under way', 'rate_limited', 'under way', 'overloaded']);
});

it('answers at once when a workspace has too many that wait', async () => {
  const reads = ask('a', 'heavy', 2 + 16 + 1);
  const told = await states(reads);
  expect(told.slice(0, 18)).toEqual(['under way', 'under way', ...Array(16).fill('waits')]);
  expect(told[18]).toBe('rate_limited');
  for (const read of reads) read.catch(() => undefined);
});

it('counts an end once, and forgets who gave up waiting', async () => {
  const reads = ask('a', 'heavy', 3);
  const leave = await reads[0];
  reads[2]?.catch(() => undefined);
  await jest.advanceTimersByTimeAsync(1_000);
  leave?.();
  leave?.();
  expect(await states(ask('a', 'heavy', 2))).toEqual(['under way', 'waits']);
});

it('never has more under way than its shares, and lets everybody in at last', async () => {
  const read = fc.record({
    workspace: fc.constantFrom('a', 'b', 'c'),
    weight: fc.constantFrom<ReadWeight>('light', 'heavy'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(read, { maxLength: 20 }), async (wanted) => {
      const own = createReadGate(SHARES, 60_000);
      const underWay: { workspace: string; weight: string; leave: () => void }[] = [];
      let begun = 0;
      for (const { workspace, weight } of wanted) {
        void own.enter(workspace, weight).then((leave) => {
          begun += 1;
          underWay.push({ workspace, weight, leave });
        });
      }
      for (;;) {
        await jest.advanceTimersByTimeAsync(0);
        const heavy = underWay.filter((one) => one.weight === 'heavy');
        expect(underWay.length).toBeLessThanOrEqual(SHARES.all);
        expect(heavy.length).toBeLessThanOrEqual(SHARES.heavy);
        for (const name of ['a', 'b', 'c']) {
          expect(underWay.filter((one) => one.workspace === name).length).toBeLessThanOrEqual(
            SHARES.ofWorkspace,
          );
          expect(heavy.filter((one) => one.workspace === name).length).toBeLessThanOrEqual(
            SHARES.heavyOfWorkspace,
          );
        }
        const [next] = underWay.splice(0, 1);
        if (next === undefined) break;
        next.leave();
      }
      expect(begun).toBe(wanted.length);
    }),
  );
});

it.each([
  [8, { all: 7, heavy: 5, ofWorkspace: 4, heavyOfWorkspace: 2 }],
  [3, { all: 2, heavy: 1, ofWorkspace: 1, heavyOfWorkspace: 1 }],
  [2, { all: 1, heavy: 1, ofWorkspace: 1, heavyOfWorkspace: 1 }],
])('of a pool of %d are %j', (connections, shares) => {
  expect(readShares(connections)).toEqual(shares);
});
