/** What the rollups of results count, by the names of their columns. */
export const RESULT_METRICS = [
  'blocked_clicks',
  'review_clicks',
  'installs_ppm',
  'registrations_ppm',
  'deposits_ppm',
  'first_deposits_ppm',
  'deposit_minor',
  'commission_minor',
] as const;
