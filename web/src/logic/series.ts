// Series as curves: their channels apart, and the points of a line.

/** The channels of a sample, in whichever order its values stand. Without a shape it is one channel. */
export function channelsOf(values: ArrayLike<number>, look?: { channels?: number; length?: number; channels_last?: boolean }): number[][] {
  const all = Array.from(values);
  const channels = Math.max(1, look?.channels ?? 1);
  if (channels === 1 || all.length % channels !== 0) return [all];
  const length = all.length / channels;
  return Array.from({ length: channels }, (_, c) =>
    look?.channels_last ? Array.from({ length }, (_, t) => all[t * channels + c]) : all.slice(c * length, (c + 1) * length));
}

/** At most so many points of a curve are drawn: of each stretch its lowest and its highest value. */
const most = 400;

/** "x,y x,y ..." in a field of 100 by 40, each curve on a scale of its own; what is no number is left out. */
export function curvePoints(values: number[]): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const scale = high > low ? 36 / (high - low) : 0;
  const point = (i: number): string =>
    `${((i / Math.max(1, values.length - 1)) * 96 + 2).toFixed(1)},${(high > low ? 38 - (values[i] - low) * scale : 20).toFixed(1)}`;
  const stretch = Math.max(1, Math.ceil((2 * values.length) / most));
  const points: string[] = [];
  for (let begin = 0; begin < values.length; begin += stretch) {
    let [least, highest] = [-1, -1];
    for (let i = begin; i < Math.min(values.length, begin + stretch); ++i) {
      if (!Number.isFinite(values[i])) continue;
      if (least < 0 || values[i] < values[least]) least = i;
      if (highest < 0 || values[i] > values[highest]) highest = i;
    }
    if (least >= 0) for (const i of [...new Set([Math.min(least, highest), Math.max(least, highest)])]) points.push(point(i));
  }
  return points.join(' ');
}
