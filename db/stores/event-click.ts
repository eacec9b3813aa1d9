/**
 * Joins to an event `e` the click `c` that it belongs to, if that click exists: the one that an operator matched or
 * the sender named, else the one that bound the player, else the earliest that the player's events named.
 */
export const JOIN_CLICK_OF_EVENT = `
  LEFT JOIN quarantine AS q ON q.event_id = e.event_id
  LEFT JOIN player_bindings AS b ON b.player_id = e.player_id
  LEFT JOIN LATERAL (
    SELECT named.click_id FROM events AS named
    WHERE named.player_id = e.player_id AND named.click_id IS NOT NULL AND named.click_was_known
    ORDER BY named.occurred_at, named.event_id LIMIT 1
  ) AS player_click ON true
  LEFT JOIN clicks AS c
    ON c.click_id = coalesce(q.matched_click_id, e.click_id, b.click_id, player_click.click_id)
   AND c.workspace_id = e.workspace_id`;
