// Points inside a line drawn by hand.

import { bounds } from './grid';

/** Whether (x, y) lies inside the polygon [x0, y0, x1, y1, ...], by the even-odd rule. */
export function insidePolygon(x: number, y: number, polygon: ArrayLike<number>): boolean {
  let inside = false;
  const n = polygon.length / 2;
  for (let i = 0, j = n - 1; i < n; j = i++) {
    const [xi, yi, xj, yj] = [polygon[2 * i], polygon[2 * i + 1], polygon[2 * j], polygon[2 * j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** The numbers of the (N, 2) positions inside the polygon that `wanted` accepts. */
export function lasso(positions: Float32Array, polygon: number[], wanted: (i: number) => boolean): number[] {
  const box = bounds(Float32Array.from(polygon));
  const found: number[] = [];
  for (let i = 0; 2 * i < positions.length; ++i) {
    const [x, y] = [positions[2 * i], positions[2 * i + 1]];
    if (x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
    if (wanted(i) && insidePolygon(x, y, polygon)) found.push(i);
  }
  return found;
}
