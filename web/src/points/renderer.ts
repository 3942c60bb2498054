// Drawing points: the one interface behind which a graphics card and a plain canvas do the same.

import type { Camera, Screen } from '../logic/camera';
import type { Coloring } from '../logic/colors';

export interface PointStyle {
  /** Diameter in pixels of the page. */
  size: number;
  /** Pixels of the screen for one of the page. */
  density: number;
  /** Points that are not marked, 0..1, where some are. */
  faded: number;
}

/** Draws N points. Positions and colours are handed over once and kept; a frame costs one draw call. */
export interface PointRenderer {
  readonly name: 'webgl2' | 'canvas';
  /** @param positions (N, 2); @param from  where each point comes from on its way, or null: it is there at once */
  setPositions(positions: Float32Array, from: Float32Array | null): void;
  setColors(coloring: Coloring): void;
  /** One byte per point, 1 = marked: drawn on top while the others fade. null: none. */
  setMarks(marks: Uint8Array | null): void;
  /** @param way  0..1 between `from` and the positions; @param count  only the first so many points */
  draw(camera: Camera, screen: Screen, style: PointStyle, way: number, count: number): void;
  destroy(): void;
}

/** Diameter of a point for so many of them, `zoom` times as large as the whole map fits. */
export function pointSize(count: number, zoom: number): number {
  const size = 2.4 * Math.pow(70000 / Math.max(200, count), 0.2) * Math.pow(Math.max(zoom, 0.5), 0.35);
  return Math.min(11, Math.max(1.3, size));
}
