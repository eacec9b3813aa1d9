import type { Db } from '../db/knex';
import { type PlayerId, uuidFromId } from '../domain/ids';
import { readPlayerBooks } from './player-books';

/**
 * Everything about a player that must not depend on arrival: his books, and with them the credits, contests and slots
 * that they come from. `names` are put in place of the ids that differ between two lives of the same story.
 */
export async function readLife(
  db: Db,
  playerId: PlayerId,
  names: Readonly<Record<string, string>>,
): Promise<unknown> {
  const texts = async (sql: string) => {
    const { rows } = await db.raw<{ rows: { text: string }[] }>(sql, [uuidFromId(playerId)]);
    return rows.map(({ text }) => text);
  };
  const { binding, ...books } = await readPlayerBooks(db, playerId);
  const life = {
    ...books,
    // Its last word is the deal, which is of this story alone.
    binding: binding?.split(' ').slice(0, -1).join(' '),
    credits: await texts(CREDITS),
    stages: await texts(STAGES),
    contests: await texts(CONTESTS),
    slots: await texts(`SELECT coalesce(refused_by, 'granted') AS text FROM cap_slots WHERE player_id = ?`),
  };
  const text = Object.entries(names).reduce(
    (rest, [from, to]) => rest.replaceAll(from, to),
    JSON.stringify(life),
  );
  return JSON.parse(text, (_key, value: unknown) => (isTexts(value) ? [...value].sort(byText) : value));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const CREDITS = `
  SELECT concat_ws(' ', c.kind, c.transaction_key, a.touch_id, a.weight_ppm, a.amount_minor) AS text
  FROM attribution_credits AS a JOIN conversions AS c ON c.conversion_id = a.conversion_id WHERE c.player_id = ?`;

const STAGES = `
  SELECT concat_ws(' ', c.transaction_key, l.kind, l.partner_id, l.stage, l.reason, l.basis) AS text
  FROM commission_lines AS l JOIN conversions AS c ON c.conversion_id = l.conversion_id
  WHERE l.player_id = ? AND l.amount_minor <> 0`;

const CONTESTS = `
  SELECT concat_ws(' ', challenger_click_id, protected_click_id, gap_ms, reason) AS text
  FROM contested_touches WHERE player_id = ?`;
