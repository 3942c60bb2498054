// Counting.

export interface Histogram {
  low: number;
  high: number;
  counts: number[];
}

export function histogram(values: ArrayLike<number>, bins: number): Histogram {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; ++i) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low > high) return { low: 0, high: 1, counts: new Array<number>(bins).fill(0) };
  if (low === high) high = low + 1;
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; ++i) {
    if (Number.isFinite(values[i])) ++counts[Math.min(bins - 1, Math.floor(((values[i] - low) / (high - low)) * bins))];
  }
  return { low, high, counts };
}

/** Numbers of all values, largest first; values that are not numbers come last. */
export function ranked(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  const key = (i: number): number => (Number.isNaN(values[i]) ? -Infinity : values[i]);
  return order.sort((a, b) => key(b) - key(a) || a - b);
}

/** How many of the values are above `bound`. */
export function countAbove(values: ArrayLike<number>, bound: number): number {
  let count = 0;
  for (let i = 0; i < values.length; ++i) if (values[i] > bound) ++count;
  return count;
}

/** The value that `share` of all are not above. @param sorted  rising */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}
