import type { Spread } from './spread';

const LABEL_WIDTH = 34;
const NUMBER_WIDTH = 12;
const COLUMNS = ['p50', 'p90', 'p95', 'p99', 'max'] as const;

/** The names of the columns of `spreadRow`, under a title. */
export function spreadHeader(title: string): string {
  return tableRow(title, COLUMNS);
}

export function spreadRow(label: string, spread: Spread | null): string {
  return tableRow(
    label,
    COLUMNS.map((name) => (spread === null ? '–' : spread[name].toFixed(1))),
  );
}

/** A label with right-aligned cells. */
export function tableRow(label: string, cells: readonly string[]): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${cells.map((cell) => cell.padStart(NUMBER_WIDTH)).join('')}`;
}

/** `12,345`, and two places where a number is small. */
export function shown(value: number | null): string {
  if (value === null) return '–';
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
