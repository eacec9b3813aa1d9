import { coversDay, isoWeekday, SCENARIO_KINDS, SCENARIO_TEMPLATES, type ScenarioDays } from './scenario';

const days = (given: Partial<ScenarioDays> = {}): ScenarioDays => ({
  fromDay: '2026-10-20',
  toDay: '2026-10-31',
  weekdays: null,
  ...given,
});

describe('isoWeekday', () => {
  it.each([
    ['2026-11-16', 1],
    ['2026-11-21', 6],
    ['2026-11-22', 7],
    ['2024-02-29', 4],
    // Days on which clocks change are days like others.
    ['2026-03-29', 7],
    ['2026-10-25', 7],
  ])('%s is %i', (day, expected) => {
    expect(isoWeekday(day)).toBe(expected);
  });
});

describe('coversDay', () => {
  it.each([
    ['the day before', days(), '2026-10-19', false],
    ['the first day', days(), '2026-10-20', true],
    ['the last day', days(), '2026-10-31', true],
    ['the day after', days(), '2026-11-01', false],
    ['any later day of an open one', days({ toDay: null }), '2031-01-01', true],
    ['no earlier day of an open one', days({ toDay: null }), '2026-10-19', false],
    ['a Saturday of weekends', days({ weekdays: [6, 7] }), '2026-10-24', true],
    ['a Monday of weekends', days({ weekdays: [6, 7] }), '2026-10-26', false],
    ['a Saturday outside of its days', days({ weekdays: [6, 7] }), '2026-11-07', false],
  ])('%s', (_what, scenario, day, expected) => {
    expect(coversDay(scenario, day)).toBe(expected);
  });
});

describe('the templates', () => {
  it('are the three that are asked for by name, each under a tag of its own', () => {
    expect(SCENARIO_TEMPLATES.map(({ name }) => name)).toEqual([
      'Weekend Traffic Optimization',
      'Holiday Campaign Testing',
      'Algorithm Performance Monitoring',
    ]);
    expect(new Set(SCENARIO_TEMPLATES.map(({ tag }) => tag)).size).toBe(3);
    expect(SCENARIO_TEMPLATES.every(({ kind }) => SCENARIO_KINDS.includes(kind))).toBe(true);
  });
});
