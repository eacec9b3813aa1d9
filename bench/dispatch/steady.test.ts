import { isSteady } from './steady';

test.each([
  ['too few windows', [100, 100], false],
  ['one that fills up', [20, 50, 80], false],
  ['one that is full', [20, 50, 80, 100, 99, 100], true],
  ['one that is held to a single attempt', [8, 3, 1, 2, 1], true],
  ['one that has just fallen', [8, 8, 1], false],
])('%s', (_name, counts, steady) => {
  expect(isSteady(counts)).toBe(steady);
});
