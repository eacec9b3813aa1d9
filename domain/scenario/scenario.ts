/** What a scenario is for. */
export const SCENARIO_KINDS = ['weekend', 'holiday', 'algorithm', 'custom'] as const;
export type ScenarioKind = (typeof SCENARIO_KINDS)[number];

/** Days of the week as ISO 8601 counts them: Monday is 1. */
export const SATURDAY = 6;
export const SUNDAY = 7;

/**
 * Which days a scenario covers, both ends included, as the calendar of its own time zone names them. Scenarios may
 * overlap; whatever happens on a day belongs to each that covers it. Days and not moments, because spend has no hour.
 */
export type ScenarioDays = {
  /** `2026-11-21` */
  readonly fromDay: string;
  /** Null: until further notice. */
  readonly toDay: string | null;
  /** ISO days of the week; null: every day. */
  readonly weekdays: readonly number[] | null;
};

/** Whether a scenario covers a calendar day; which day a moment falls on is a matter of the scenario's time zone. */
export function coversDay({ fromDay, toDay, weekdays }: ScenarioDays, day: string): boolean {
  if (day < fromDay || (toDay !== null && day > toDay)) return false;
  return weekdays === null || weekdays.includes(isoWeekday(day));
}

/** The ISO day of the week of a calendar day; it depends on the day alone, not on any zone. */
export function isoWeekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || SUNDAY;
}

export type ScenarioTemplate = {
  readonly name: string;
  readonly kind: ScenarioKind;
  readonly tag: string;
  readonly weekdays: readonly number[] | null;
  readonly description: string;
};

/** The scenarios that most teams begin with; a template becomes one by its days and time zone. */
export const SCENARIO_TEMPLATES: readonly ScenarioTemplate[] = [
  {
    name: 'Weekend Traffic Optimization',
    kind: 'weekend',
    tag: 'weekend_traffic_optimization',
    weekdays: [SATURDAY, SUNDAY],
    description: 'Every Saturday and Sunday, to hold weekends against the days between them.',
  },
  {
    name: 'Holiday Campaign Testing',
    kind: 'holiday',
    tag: 'holiday_campaign_testing',
    weekdays: null,
    description: 'A season from its first day to its last.',
  },
  {
    name: 'Algorithm Performance Monitoring',
    kind: 'algorithm',
    tag: 'algorithm_performance_monitoring',
    weekdays: null,
    description: 'From the day of a change on, to hold what follows against what was before.',
  },
];
