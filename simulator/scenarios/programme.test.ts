import { SCENARIOS } from './all-scenarios';
import { HOW_TO_BELIEVE } from './believes-addresses';
import type { Played } from './play-scenario';
import { listLines, playedLines, tableLines } from './programme';

const [first, second] = SCENARIOS;

function played(result: Played['result'], changes: Partial<Played> = {}): Played {
  if (first === undefined) throw new Error('there are scenarios');
  return {
    ...{ scenario: first, result, steps: ['a visitor follows the link'], seen: null, problems: [] },
    ...{ clickId: 'clk_1', tookMs: 1_234 },
    ...changes,
  };
}

it('lists every scenario with its sentence', () => {
  const text = listLines(SCENARIOS).join('\n');
  expect(SCENARIOS.filter(({ name, shows }) => !text.includes(`${name}\n      ${shows}`))).toEqual([]);
});

it('tells a scenario: what it shows, what was done, what was stated and seen, and where to look', () => {
  const lines = playedLines(
    played('differs', { problems: ['stage: stated waiting; seen blocked'] }),
    'http://api',
  );
  const text = lines.join('\n');
  for (const part of [first?.name, first?.shows, 'a visitor follows the link', 'stage: waiting']) {
    expect(text).toContain(part);
  }
  expect(text).toContain('stage: stated waiting; seen blocked');
  expect(text).toContain('DIFFERS, 1.2 s');
  expect(text).toContain('http://api/v1/clicks/clk_1');
});

it.each([
  [[played('as_stated')], '1 of 1 scenarios are as stated.'],
  [[played('as_stated'), played('differs')], '1 of 2 scenarios differ from what is stated.'],
])('counts at the end of the table', (all, sentence) => {
  const temporal = { ok: true, said: 'Temporal UI API answers 200 for it' };
  const lines = tableLines(all, temporal);
  expect(lines).toContain(sentence);
  expect(lines.join('\n')).toContain('answers 200');
});

it('says once how to see what could not be shown', () => {
  const hidden = played('not_shown', { problems: HOW_TO_BELIEVE });
  const other = second === undefined ? hidden : { ...hidden, scenario: second };
  const text = tableLines([played('as_stated'), hidden, other], null)
    .join(' ')
    .replace(/\s+/g, ' ');
  expect(text).toContain('1 of 3 scenarios are as stated');
  expect(text.split('CLICKCHAIN_TRUSTED_PROXIES')).toHaveLength(2);
});
