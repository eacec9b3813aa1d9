/**
 * Joins to an event `e` the click `c` that it belongs to: the one that an operator matched or the sender named, else
 * the one that bound the player, else the earliest that the player's events named. Clicks without a row are passed
 * over; whether a click was there when its event came does not matter.
 */
export const JOIN_CLICK_OF_EVENT = `
  LEFT JOIN quarantine AS q ON q.event_id = e.event_id
  LEFT JOIN clicks AS own
    ON own.click_id = coalesce(q.matched_click_id, e.click_id) AND own.workspace_id = e.workspace_id
  LEFT JOIN player_bindings AS b ON b.player_id = e.player_id
  LEFT JOIN LATERAL (
    SELECT known.click_id FROM events AS named
    JOIN clicks AS known ON known.click_id = named.click_id AND known.workspace_id = named.workspace_id
    -- Asked only of a player who is not bound yet: he may have named none in very many events.
    WHERE own.click_id IS NULL AND b.click_id IS NULL AND named.player_id = e.player_id AND named.click_id IS NOT NULL
    ORDER BY named.occurred_at, named.event_id LIMIT 1
  ) AS player_click ON true
  LEFT JOIN clicks AS c
    ON c.click_id = coalesce(own.click_id, b.click_id, player_click.click_id)
   AND c.workspace_id = e.workspace_id`;
