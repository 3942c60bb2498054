// The columns of a row: how their values are written, and which of many say most.

import { figure } from './format';

/** A value among values as large as `size`: what is nothing beside them is 0. */
export function valueText(value: number, size = 0): string {
  return Math.abs(value) < 1e-3 * size ? '0' : figure(value);
}

/** The columns that differ most between rows, each beside the size of its values; the most telling first. */
export function mostChanged(rows: ArrayLike<number>[], most: number, sizes: number[] = []): number[] {
  const count = rows[0]?.length ?? 0;
  const change = Array.from({ length: count }, (_, column) => {
    const values = rows.map((row) => row[column]).filter(Number.isFinite);
    const size = sizes[column] || Math.max(...values.map(Math.abs)) || 1;
    return values.length ? (Math.max(...values) - Math.min(...values)) / size : 0;
  });
  return Array.from({ length: count }, (_, column) => column).sort((a, b) => change[b] - change[a] || a - b).slice(0, most);
}
