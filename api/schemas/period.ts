import { z } from 'zod';
import type { Period } from '../../domain/facts';
import { DAY_MS, parseInstant } from '../../domain/time';

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * A span of time as `"2026-11"`, a month of UTC, or as `{from, to}`. Dates name whole days of UTC and `to` is the
 * last of them; instants name moments and `to` is the first one that no longer belongs to the span.
 */
export function periodField() {
  return z
    .union([z.string(), z.looseObject({ from: z.string(), to: z.string() })])
    .transform((given, context): Period => {
      const period = typeof given === 'string' ? monthOf(given) : spanOf(given.from, given.to);
      if (typeof period !== 'string') return period;
      context.addIssue({ code: 'custom', message: period });
      return z.NEVER;
    })
    .meta({
      description:
        'A month of UTC, or a span: with dates both days included, with instants the last moment excluded.',
      oneOf: [
        { type: 'string', pattern: MONTH.source, example: '2026-11' },
        {
          type: 'object',
          properties: { from: { type: 'string' }, to: { type: 'string' } },
          required: ['from', 'to'],
          example: { from: '2026-11-01', to: '2026-11-30' },
        },
      ],
    });
}

/** The period, or what is wrong with the text. */
function monthOf(text: string): Period | string {
  const match = MONTH.exec(text);
  const [year, month] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || year < 2000 || year > 2099) return 'must be a month such as "2026-11", or {from, to}';
  return { fromMs: Date.UTC(year, month - 1, 1), toMs: Date.UTC(year, month, 1) };
}

function spanOf(from: string, to: string): Period | string {
  const first = momentOf(from);
  const last = momentOf(to);
  if (typeof first === 'string') return `from ${first}`;
  if (typeof last === 'string') return `to ${last}`;
  const toMs = DATE.test(to) ? last + DAY_MS : last;
  return first < toMs ? { fromMs: first, toMs } : 'must end after it begins';
}

function momentOf(text: string): number | string {
  const parsed = parseInstant(DATE.test(text) ? `${text}T00:00:00Z` : text);
  return parsed.ok ? parsed.ms : parsed.problem;
}
