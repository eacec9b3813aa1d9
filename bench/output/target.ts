import { shown } from './table';

/** What a figure has to be, and whether it is. */
export type Target = {
  readonly what: string;
  readonly wanted: string;
  readonly got: number | null;
  readonly met: boolean;
};

/** Nothing measured is no success. */
export function atMost(what: string, wanted: number, got: number | null): Target {
  return { what, wanted: `at most ${shown(wanted)}`, got, met: got !== null && got <= wanted };
}

export function atLeast(what: string, wanted: number, got: number | null): Target {
  return { what, wanted: `at least ${shown(wanted)}`, got, met: got !== null && got >= wanted };
}

export function targetLine({ what, wanted, got, met }: Target): string {
  return `  ${met ? 'PASS' : 'FAIL'}  ${what}: ${got === null ? 'nothing measured' : shown(got)}, wanted ${wanted}`;
}
