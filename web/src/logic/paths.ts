// Ways between codes.

function linear(a: ArrayLike<number>, b: ArrayLike<number>, t: number): number[] {
  return Array.from(a, (value, d) => value + t * (b[d] - value));
}

/** Along the great circle, with lengths in between (Shoemake's slerp); straight where codes point the same way. */
function spherical(a: ArrayLike<number>, b: ArrayLike<number>, t: number): number[] {
  let [aa, bb, ab] = [0, 0, 0];
  for (let d = 0; d < a.length; ++d) {
    aa += a[d] * a[d];
    bb += b[d] * b[d];
    ab += a[d] * b[d];
  }
  const cosine = Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb || 1)));
  const angle = Math.acos(cosine);
  if (angle < 1e-4 || Math.PI - angle < 1e-4) return linear(a, b, t);
  const [wa, wb] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return Array.from(a, (value, d) => wa * value + wb * b[d]);
}

/** (steps, D): from the first code through all to the last, evenly in time. */
export function interpolateCodes(codes: ArrayLike<number>[], steps: number, path: string): Float32Array {
  const D = codes[0].length;
  const way = new Float32Array(steps * D);
  for (let s = 0; s < steps; ++s) {
    const place = steps === 1 ? 0 : (s / (steps - 1)) * (codes.length - 1);
    const leg = Math.min(Math.floor(place), codes.length - 2);
    const between = path === 'spherical' ? spherical : linear;
    way.set(codes.length === 1 ? Array.from(codes[0]) : between(codes[leg], codes[leg + 1], place - leg), s * D);
  }
  return way;
}
