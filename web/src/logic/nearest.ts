/** The k of `count` things with the smallest measure, smallest first; what measures infinity or NaN is left out. */
export function nearest(count: number, k: number, measure: (i: number) => number): { id: number; distance: number }[] {
  const best: { id: number; distance: number }[] = [];
  for (let id = 0; id < count; ++id) {
    const distance = measure(id);
    if (!Number.isFinite(distance) || (best.length === k && distance >= best[k - 1].distance)) continue;
    let at = best.length;
    while (at > 0 && best[at - 1].distance > distance) --at;
    best.splice(at, 0, { id, distance });
    if (best.length > k) best.pop();
  }
  return best;
}
