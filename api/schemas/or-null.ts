import { z } from 'zod';

/**
 * A named schema or null. `.nullable()` is not enough for a schema with an `id`: the OpenAPI generator writes a
 * bare reference for it, which forbids the null.
 */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.null()]);
}
