// What lies over the points: small pictures where there is room, words, lines, rings around single points, the lasso.

import { toScreen, type Camera, type Screen } from '../logic/camera';
import { css, type Coloring } from '../logic/colors';
import type { Thumbs } from './thumbs';

export interface Overlay {
  rings: { id: number; strong: boolean }[];
  labels: { id: number; text: string; strong?: boolean }[];
  lines: { from: number; to: number }[];
  /** A place on the map, marked by a cross. */
  cross: { x: number; y: number } | null;
  thumbs: boolean;
}

export interface OverlayScene {
  overlay: Overlay;
  positions: Float32Array;
  camera: Camera;
  screen: Screen;
  density: number;
  pointSize: number;
  /** Points in sight; null where there are too many to look at one by one. */
  visible: number[] | null;
  thumbs: Thumbs | null;
  coloring: Coloring | null;
  path: number[];
}

/** Which of the visible points get a picture: none over another, and by a grid that moves with the map, so that none flickers. */
export function spreadOut(visible: number[], positions: Float32Array, scale: number, size: number): number[] {
  const side = size / scale; // on the map
  const cell = Math.pow(2, Math.ceil(Math.log2(side)));
  const taken = new Map<string, number>();
  for (const i of visible) {
    const [x, y] = [positions[2 * i], positions[2 * i + 1]];
    const [column, row] = [Math.floor(x / cell), Math.floor(y / cell)];
    let free = true;
    for (let r = row - 1; free && r <= row + 1; ++r) {
      for (let c = column - 1; free && c <= column + 1; ++c) {
        const other = taken.get(`${c},${r}`);
        free = other === undefined || Math.abs(positions[2 * other] - x) >= side || Math.abs(positions[2 * other + 1] - y) >= side;
      }
    }
    if (free && !taken.has(`${column},${row}`)) taken.set(`${column},${row}`, i);
  }
  return [...taken.values()];
}

function color(scene: OverlayScene, id: number): string {
  if (!scene.coloring) return 'gray';
  const at = 4 * scene.coloring.index[id];
  const { palette } = scene.coloring;
  return css([palette[at], palette[at + 1], palette[at + 2]]);
}

function drawThumbs(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  const { visible, thumbs, screen, positions, camera } = scene;
  if (!thumbs || !visible || visible.length === 0) return;
  const room = Math.sqrt((screen.width * screen.height) / visible.length);
  const size = Math.min(72, Math.max(26, room * 0.75));
  context.imageSmoothingEnabled = size < thumbs.size;
  for (const id of spreadOut(visible, positions, camera.scale, size + 5)) {
    const thumb = thumbs.get(id);
    if (!thumb) continue;
    const [px, py] = toScreen(camera, screen, positions[2 * id], positions[2 * id + 1]);
    const [x, y] = [Math.round(px - size / 2), Math.round(py - size / 2)];
    context.fillStyle = color(scene, id);
    context.beginPath();
    context.roundRect(x - 2, y - 2, size + 4, size + 4, 4);
    context.fill();
    context.drawImage(thumb.image, thumb.x, thumb.y, thumb.size, thumb.size, x, y, size, size);
  }
}

function drawLabels(context: CanvasRenderingContext2D, scene: OverlayScene, ink: string, paper: string): void {
  const { overlay, camera, screen, positions } = scene;
  const taken: { x: number; y: number; w: number }[] = [];
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  for (const { id, text, strong } of [...overlay.labels].sort((a, b) => Number(b.strong ?? false) - Number(a.strong ?? false))) {
    const [px, py] = toScreen(camera, screen, positions[2 * id], positions[2 * id + 1]);
    if (!(px > -80 && py > -10 && px < screen.width + 10 && py < screen.height + 10)) continue;
    context.font = `${strong ? '600 13px' : '12px'} system-ui, sans-serif`;
    const w = context.measureText(text).width + 12;
    if (!strong && taken.some((o) => Math.abs(o.y - py) < 15 && px < o.x + o.w && o.x < px + w)) continue;
    taken.push({ x: px, y: py, w });
    context.lineWidth = 4;
    context.strokeStyle = paper;
    context.strokeText(text, px + 10, py);
    context.fillStyle = ink;
    context.fillText(text, px + 10, py);
  }
}

function drawLines(context: CanvasRenderingContext2D, scene: OverlayScene, ink: string): void {
  const { overlay, camera, screen, positions } = scene;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  for (const { from, to } of overlay.lines) {
    const a = toScreen(camera, screen, positions[2 * from], positions[2 * from + 1]);
    const b = toScreen(camera, screen, positions[2 * to], positions[2 * to + 1]);
    const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
    context.beginPath();
    context.moveTo(...a);
    context.lineTo(...b);
    for (const side of [2.7, -2.7]) {
      context.moveTo(...b);
      context.lineTo(b[0] + 8 * Math.cos(angle + side), b[1] + 8 * Math.sin(angle + side));
    }
    context.stroke();
  }
}

function drawRing(context: CanvasRenderingContext2D, x: number, y: number, radius: number, ink: string, paper: string): void {
  for (const [width, style] of [[4, paper], [2, ink]] as const) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.stroke();
  }
}

export function drawOverlay(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  const { overlay, positions, camera, screen, density, path } = scene;
  const style = getComputedStyle(context.canvas);
  const [ink, paper, accent] = [style.getPropertyValue('--ink'), style.getPropertyValue('--paper'), style.getPropertyValue('--accent')];
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, screen.width, screen.height);
  if (overlay.thumbs) drawThumbs(context, scene);
  if (overlay.lines.length) drawLines(context, scene, accent);
  if (overlay.labels.length) drawLabels(context, scene, ink, paper);
  for (const { id, strong } of overlay.rings) {
    const [x, y] = toScreen(camera, screen, positions[2 * id], positions[2 * id + 1]);
    if (Number.isFinite(x)) drawRing(context, x, y, scene.pointSize / 2 + (strong ? 7 : 4), strong ? accent : ink, paper);
  }
  if (overlay.cross) {
    const [x, y] = toScreen(camera, screen, overlay.cross.x, overlay.cross.y);
    drawRing(context, x, y, 4, accent, paper);
  }
  if (path.length >= 4) {
    context.beginPath();
    for (let i = 0; i < path.length; i += 2) context.lineTo(...toScreen(camera, screen, path[i], path[i + 1]));
    context.closePath();
    context.globalAlpha = 0.14;
    context.fillStyle = accent;
    context.fill();
    context.globalAlpha = 1;
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = accent;
    context.stroke();
    context.setLineDash([]);
  }
}
