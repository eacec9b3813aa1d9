import { z } from 'zod';

const MAX_LENGTH = 300;

/** A query parameter that is compared as it is: somebody's own id, a name, an account. */
export function textFilter() {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_LENGTH, `must not be longer than ${MAX_LENGTH} characters`)
    .refine((text) => !text.includes('\0'), 'must not hold NUL');
}
