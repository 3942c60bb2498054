// Colours that colour-blind readers tell apart: Okabe and Ito's set for kinds (jfly.uni-koeln.de/color), then the same hues
// lighter and darker; viridis for numbers (Smith and van der Walt, CC0); blue to orange around a middle for differences.

export type Rgb = [number, number, number];

const kOkabeIto: Rgb[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [213, 94, 0],
  [0, 114, 178],
  [204, 121, 167],
  [189, 174, 20],
  [128, 128, 128],
];

const kViridis: Rgb[] = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];

const mix = (a: Rgb, b: Rgb, t: number): Rgb => [0, 1, 2].map((c) => Math.round(a[c] + t * (b[c] - a[c]))) as Rgb;

/** The colour of kind `index`; beyond the eight of the set darker, then lighter ones. */
export function categoryColor(index: number): Rgb {
  if (index < 0) return [150, 150, 158];
  const base = kOkabeIto[index % kOkabeIto.length];
  const round = Math.floor(index / kOkabeIto.length) % 3;
  if (round === 1) return mix(base, [20, 20, 30], 0.42);
  if (round === 2) return mix(base, [255, 255, 255], 0.45);
  return base;
}

/** @param t in 0..1 */
export function viridis(t: number): Rgb {
  const at = Math.min(1, Math.max(0, t)) * (kViridis.length - 1);
  const i = Math.min(Math.floor(at), kViridis.length - 2);
  return mix(kViridis[i], kViridis[i + 1], at - i);
}

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/** What a legend shows for `names` of kinds. More than 240 share colours. */
export const kMostKinds = 240;

export interface Coloring {
  /** One byte per point: the place in `palette`. */
  index: Uint8Array;
  /** 256 colours, RGBA. */
  palette: Uint8Array;
}

const kUnknown = 255;

function fillPalette(color: (i: number) => Rgb): Uint8Array {
  const palette = new Uint8Array(256 * 4);
  for (let i = 0; i < 256; ++i) palette.set([...(i === kUnknown ? categoryColor(-1) : color(i)), 255], 4 * i);
  return palette;
}

/** Colours by kind; -1 is unknown and grey. Hidden kinds have no alpha. */
export function colorKinds(values: ArrayLike<number>, hidden: ReadonlySet<number>): Coloring {
  const index = new Uint8Array(values.length);
  for (let i = 0; i < values.length; ++i) index[i] = values[i] < 0 ? kUnknown : values[i] % kMostKinds;
  const palette = fillPalette(categoryColor);
  for (const kind of hidden) palette[4 * (kind < 0 ? kUnknown : kind % kMostKinds) + 3] = 0;
  return { index, palette };
}

/** The range that colours stretch over: between the 1st and the 99th percentile, so that single values do not grey the rest. */
export function colorRange(values: ArrayLike<number>): [number, number] {
  const known = Float32Array.from(values as ArrayLike<number>).filter(Number.isFinite).sort();
  if (known.length === 0) return [0, 1];
  const at = (q: number): number => known[Math.min(known.length - 1, Math.floor(q * known.length))];
  const [low, high] = [at(0.01), at(0.99)];
  return high > low ? [low, high] : [known[0], Math.max(known[known.length - 1], known[0] + 1e-6)];
}

/** Colours by number, over `range`; values that are not numbers are grey. */
export function colorNumbers(values: ArrayLike<number>, range: [number, number]): Coloring {
  const index = new Uint8Array(values.length);
  const scale = 254 / (range[1] - range[0]);
  for (let i = 0; i < values.length; ++i) {
    const at = (values[i] - range[0]) * scale;
    index[i] = Number.isNaN(at) ? kUnknown : Math.min(254, Math.max(0, Math.round(at)));
  }
  return { index, palette: fillPalette((i) => viridis(i / 254)) };
}
