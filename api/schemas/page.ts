import { z } from 'zod';
import type { Page, PageRequest } from '../../db/page';
import { type Id, type IdPrefix, idFromUuid, parseId, uuidFromId } from '../../domain/ids';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** The query parameters of a list, to be spread into a route's own query schema. `cursor` reads as a UUID. */
export function pageShape(prefix: IdPrefix) {
  return {
    limit: z
      .string()
      .regex(/^\d{1,4}$/, 'must be a whole number')
      .transform(Number)
      .refine((limit) => limit >= 1 && limit <= MAX_LIMIT, `must lie between 1 and ${MAX_LIMIT}`)
      .default(DEFAULT_LIMIT)
      .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
    cursor: z
      .string()
      .max(100)
      .transform((cursor, context) => {
        const uuid = uuidOfCursor(prefix, cursor);
        if (uuid !== null) return uuid;
        context.addIssue({ code: 'custom', message: 'is no cursor of this list' });
        return z.NEVER;
      })
      .optional()
      .meta({ type: 'string', description: 'The `nextCursor` of the page before.' }),
  };
}

/** The query of a list without filters. */
export function pageQuery(prefix: IdPrefix) {
  return z.strictObject(pageShape(prefix));
}

export function toPageRequest(query: { limit: number; cursor?: string | undefined }): PageRequest {
  return { limit: query.limit, afterUuid: query.cursor ?? null };
}

/** The answer of every list: `{data, nextCursor}`; `nextCursor` is null on the last page. */
export function pageAnswer<T, Json>(
  prefix: IdPrefix,
  page: Page<T>,
  toJson: (item: T) => Json,
): { data: Json[]; nextCursor: string | null } {
  const nextCursor = page.nextUuid === null ? null : cursorOf(idFromUuid(prefix, page.nextUuid));
  return { data: page.items.map(toJson), nextCursor };
}

/** The schema of a list's answer. */
export function pageOfSchema(item: z.ZodType) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() });
}

/** Opaque to clients: that a cursor holds an id is ours to change. */
function cursorOf(id: Id<IdPrefix>): string {
  return Buffer.from(id).toString('base64url');
}

function uuidOfCursor(prefix: IdPrefix, cursor: string): string | null {
  const id = parseId(prefix, Buffer.from(cursor, 'base64url').toString('latin1'));
  return id === null || cursorOf(id) !== cursor ? null : uuidFromId(id);
}
