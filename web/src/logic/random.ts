// Random numbers with a seed, for the page alone.

/** Uniform on [0, 1), mulberry32. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Draws of N(0, 1) by Box and Muller. @param most  those farther from 0 are drawn again; 0: all are taken */
export function gaussians(count: number, seed: number, most = 0): Float32Array {
  const next = uniforms(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; ) {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    for (const value of [radius * Math.cos(angle), radius * Math.sin(angle)]) {
      if (i < count && (most === 0 || Math.abs(value) <= most)) values[i++] = value;
    }
  }
  return values;
}
