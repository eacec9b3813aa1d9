/** Whether the player of an event `e` is known by a click of this kind. */
const BY_PLAYER = (isTest: string) => `EXISTS (
    SELECT 1 FROM events AS named
    LEFT JOIN quarantine AS placed ON placed.event_id = named.event_id
    JOIN clicks AS known ON known.click_id = coalesce(placed.matched_click_id, named.click_id)
      AND known.workspace_id = named.workspace_id
    WHERE named.player_id = e.player_id AND ${isTest})`;

/**
 * Whether an event `e`, joined to its place `q` in quarantine, is a test: its sender says so, or the click that it
 * names or was matched to is one. An event that names no click is one as long as its player is known by test clicks
 * only. Clicks are looked up when it is asked and not when the event came, so that neither may overtake the other.
 */
export const IS_TEST_EVENT = `(e.is_test OR coalesce(
  (SELECT t.is_test FROM clicks AS t
   WHERE t.click_id = coalesce(q.matched_click_id, e.click_id) AND t.workspace_id = e.workspace_id),
  -- In this order: a real player is told by the first click that is found.
  NOT ${BY_PLAYER('NOT known.is_test')} AND ${BY_PLAYER('known.is_test')}))`;

/**
 * Joins to an event `e` the `whole` deposit that it takes back without an amount of its own: the player's that has
 * this event id, else this transaction. Nothing for a reversal that came before its deposit; it decides nothing yet.
 */
export const JOIN_WHOLE = `LEFT JOIN LATERAL (
    SELECT w.transaction_key, w.amount_minor, w.currency FROM events AS w
    WHERE e.kind = 'deposit' AND e.amount_minor IS NULL AND w.kind = 'deposit' AND w.player_id = e.player_id
      AND e.transaction_key IN (w.sender_event_id, w.transaction_key) AND w.amount_minor IS NOT NULL
      AND NOT w.is_test
    ORDER BY w.sender_event_id = e.transaction_key DESC, w.status = 'confirmed' DESC, w.transaction_key, w.status
    LIMIT 1
  ) AS whole ON true`;
