// Numbers and files as people read them.

const kWhole = new Intl.NumberFormat('en');

export const whole = (n: number): string => kWhole.format(n);

/** Three or four digits that matter, two of small numbers. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace('e+', 'e');
  if (size !== 0 && size < 0.1) return value.toPrecision(2);
  if (size >= 1000) return kWhole.format(Math.round(value));
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? Math.max(1, digits - 2) : digits - 1);
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 || share > 0.99 ? 1 : 0)} %`;

/** A span of time as people say it: "40 seconds", "3 minutes", "2 hours". */
export function span(seconds: number): string {
  const [count, name] = seconds >= 5400 ? [seconds / 3600, 'hour'] : seconds >= 90 ? [seconds / 60, 'minute'] : [Math.max(1, seconds), 'second'];
  const n = Math.round(count);
  return `${n} ${name}${n === 1 ? '' : 's'}`;
}

export function csv(header: string[], rows: Iterable<(string | number)[]>): string {
  const cell = (value: string | number): string =>
    typeof value === 'string' && /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value);
  let text = header.map(cell).join(',') + '\n';
  for (const row of rows) text += row.map(cell).join(',') + '\n';
  return text;
}

/** Lets the browser save a file. */
export function save(name: string, content: Blob | string | Uint8Array): void {
  const blob = content instanceof Blob ? content : new Blob([content as BlobPart]);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
