// The window through which a map is seen. y grows upwards on the map and downwards on the screen.

import type { Box } from './grid';

export interface Camera {
  x: number; // of the middle, on the map
  y: number;
  scale: number; // screen pixels for one unit of the map
}

export interface Screen {
  width: number;
  height: number;
}

/** Shows the whole box with a rim. @param taken  pixels at the right over which something else lies */
export function fit(box: Box, whole: Screen, taken = 0): Camera {
  const screen = { width: whole.width - taken, height: whole.height };
  const rim = Math.min(48, Math.min(screen.width, screen.height) * 0.08);
  const across = Math.max(box.right - box.left, 1e-6);
  const down = Math.max(box.bottom - box.top, 1e-6);
  const scale = Math.min(Math.max(40, screen.width - 2 * rim) / across, Math.max(40, screen.height - 2 * rim) / down);
  return { x: (box.left + box.right) / 2 + taken / 2 / scale, y: (box.top + box.bottom) / 2, scale };
}

export const toScreen = (camera: Camera, screen: Screen, x: number, y: number): [number, number] => [
  (x - camera.x) * camera.scale + screen.width / 2,
  screen.height / 2 - (y - camera.y) * camera.scale,
];

export const toMap = (camera: Camera, screen: Screen, px: number, py: number): [number, number] => [
  (px - screen.width / 2) / camera.scale + camera.x,
  (screen.height / 2 - py) / camera.scale + camera.y,
];

/** Zooms by `factor`; what is under (px, py) stays there. */
export function zoomAt(camera: Camera, screen: Screen, px: number, py: number, factor: number): Camera {
  const [x, y] = toMap(camera, screen, px, py);
  const scale = camera.scale * factor;
  return { x: x - (px - screen.width / 2) / scale, y: y - (screen.height / 2 - py) / scale, scale };
}

/** What the screen shows of the map. */
export function windowOf(camera: Camera, screen: Screen): Box {
  const [halfX, halfY] = [screen.width / 2 / camera.scale, screen.height / 2 / camera.scale];
  return { left: camera.x - halfX, right: camera.x + halfX, top: camera.y - halfY, bottom: camera.y + halfY };
}
