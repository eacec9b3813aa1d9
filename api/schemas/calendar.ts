import { z } from 'zod';
import { fieldProblem } from '../middleware/validate';

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const MAX_ZONE_LENGTH = 64;
const EARLIEST = '2000-01-01';
const LATEST = '2099-12-31';

/** A calendar day such as `2026-11-21`. Which moments it holds is a matter of the time zone beside it. */
export function dayField() {
  return z
    .string()
    .regex(DAY, 'must be a day such as 2026-11-21')
    .refine((day) => !DAY.test(day) || isExistingDay(day), 'is no existing day between 2000 and 2099')
    .meta({ format: 'date' });
}

/** A day in an answer. */
export function shownDay() {
  return z.string().meta({ format: 'date' });
}

/** The name of an IANA time zone. Whether Postgres knows it is asked when it is used. */
export function timeZoneField() {
  return z
    .string()
    .max(MAX_ZONE_LENGTH)
    .regex(ZONE, 'must be an IANA time zone such as Europe/Berlin')
    .meta({ example: 'Europe/Berlin' });
}

/** Refuses days in the wrong order, or more of them than are read at once. */
export function requireDays(
  { from, to }: { readonly from: string; readonly to: string | null },
  maxDays: number = Number.POSITIVE_INFINITY,
): void {
  if (to === null) return;
  if (to < from) throw fieldProblem('to', 'must not be before from');
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  if (days > maxDays) throw fieldProblem('to', `must lie within ${maxDays} days`);
}

function isExistingDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) return false;
  return day >= EARLIEST && day <= LATEST;
}
