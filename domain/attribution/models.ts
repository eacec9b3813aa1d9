/** Attribution models that a campaign may choose; docs/attribution.md says what each does. */
export const ATTRIBUTION_MODELS = [
  'last_touch',
  'first_touch',
  'linear',
  'time_decay',
  'position_based',
  'last_non_direct',
] as const;
export type AttributionModel = (typeof ATTRIBUTION_MODELS)[number];

export const DEFAULT_CLICK_WINDOW_DAYS = 30;
export const MAX_CLICK_WINDOW_DAYS = 90;
/** Above this a window is a custom one, and shown as such. */
export const MAX_USUAL_CLICK_WINDOW_DAYS = 30;

export const DEFAULT_VIEW_WINDOW_HOURS = 24;
export const MAX_VIEW_WINDOW_HOURS = 24;

/** The usual half-life of time decay. */
export const DEFAULT_HALF_LIFE_DAYS = 7;
export const MAX_HALF_LIFE_DAYS = 90;
