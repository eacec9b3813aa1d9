/** Workflow tasks, fraud screening and settlement: CPU and Postgres. */
export const JOURNEYS_QUEUE = 'journeys';
/** Deliveries: slow strangers, kept apart so that they hold up nothing else. */
export const POSTBACKS_QUEUE = 'postbacks';
