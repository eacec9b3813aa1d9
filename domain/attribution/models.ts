/** Attribution models that a campaign may choose. */
export const ATTRIBUTION_MODELS = ['last_touch'] as const;
export type AttributionModel = (typeof ATTRIBUTION_MODELS)[number];

export const DEFAULT_CLICK_WINDOW_DAYS = 30;
export const MAX_CLICK_WINDOW_DAYS = 90;
