import { parseStat } from './cpu-time';

it('reads the books of a process whose name holds spaces and brackets', () => {
  const text = '42 (node (x) y) S 7 42 42 0 -1 4194304 900 0 0 0 150 50 30 20 20 0 11 0 100 0 0';
  expect(parseStat(text)).toEqual({ pid: 42, parent: 7, ticks: 200, ticksOfEnded: 50 });
});
