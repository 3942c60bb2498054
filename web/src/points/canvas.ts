// Points without a graphics card: written into the pixels of a canvas, one stamp of a disc for each.

import type { Camera, Screen } from '../logic/camera';
import type { Coloring } from '../logic/colors';
import type { PointRenderer, PointStyle } from './renderer';

/** How much of each pixel a disc of this diameter covers, 0..256, in a square of odd size. */
export function discStamp(diameter: number): { size: number; cover: Uint16Array } {
  const half = Math.max(0, Math.ceil(diameter / 2 - 0.5));
  const size = 2 * half + 1;
  const cover = new Uint16Array(size * size);
  for (let y = -half; y <= half; ++y) {
    for (let x = -half; x <= half; ++x) {
      const inside = Math.min(1, Math.max(0, diameter / 2 + 0.5 - Math.hypot(x, y)));
      cover[(y + half) * size + x + half] = Math.round(256 * inside);
    }
  }
  return { size, cover };
}

export class CanvasPoints implements PointRenderer {
  readonly name = 'canvas';
  private readonly context: CanvasRenderingContext2D;
  private image: ImageData | null = null;
  private positions = new Float32Array();
  private from: Float32Array | null = null;
  private coloring: Coloring | null = null;
  private marks: Uint8Array | null = null;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no canvas');
    this.context = context;
  }

  setPositions(positions: Float32Array, from: Float32Array | null): void {
    this.positions = positions;
    this.from = from;
  }
  setColors(coloring: Coloring): void {
    this.coloring = coloring;
  }
  setMarks(marks: Uint8Array | null): void {
    this.marks = marks;
  }

  draw(camera: Camera, screen: Screen, style: PointStyle, way: number, count: number): void {
    const { width, height } = this.canvas;
    if (this.image?.width !== width || this.image?.height !== height) this.image = this.context.createImageData(width, height);
    const pixels = new Uint32Array(this.image.data.buffer);
    pixels.fill(0);
    const drawn = Math.min(count, this.positions.length / 2);
    const opacity = this.marks ? style.faded : 1;
    this.pass(pixels, camera, screen, style.size * style.density, opacity, way, drawn, 0);
    if (this.marks) this.pass(pixels, camera, screen, (style.size + 1) * style.density, 1, way, drawn, 1);
    this.context.putImageData(this.image, 0, 0);
  }

  private pass(
    pixels: Uint32Array, camera: Camera, screen: Screen, diameter: number, opacity: number, way: number, count: number, mark: number,
  ): void {
    if (!this.coloring) return;
    const { width, height } = this.canvas;
    const { index, palette } = this.coloring;
    const colors = new Uint32Array(palette.buffer, palette.byteOffset, 256);
    const density = width / screen.width;
    const scale = camera.scale * density;
    const [left, top] = [width / 2 - camera.x * scale, height / 2 + camera.y * scale];
    // The smallest points are squares: no rim to mix with what lies below.
    const dot = opacity === 1 && diameter < 2 ? Math.max(1, Math.round(diameter)) : 0;
    const { size, cover } = dot ? { size: dot, cover: new Uint16Array() } : discStamp(diameter);
    const half = Math.floor((size - 1) / 2);
    const { positions, from, marks } = this;
    const moving = from !== null && way < 1;
    for (let i = 0; i < count; ++i) {
      if (marks && marks[i] !== mark) continue;
      const color = colors[index[i]];
      if (color >>> 24 === 0) continue;
      let [px, py] = [positions[2 * i], positions[2 * i + 1]];
      if (moving) {
        px = from[2 * i] + way * (px - from[2 * i]);
        py = from[2 * i + 1] + way * (py - from[2 * i + 1]);
      }
      const x = Math.floor(left + px * scale) - half;
      const y = Math.floor(top - py * scale) - half;
      if (!(x >= 0 && y >= 0 && x + size <= width && y + size <= height)) continue;
      if (dot) {
        const at = y * width + x;
        pixels[at] = color;
        if (dot === 2) pixels[at + 1] = pixels[at + width] = pixels[at + width + 1] = color;
      } else this.stamp(pixels, y * width + x, width, color, size, cover, opacity);
    }
  }

  private stamp(pixels: Uint32Array, at: number, width: number, color: number, size: number, cover: Uint16Array, opacity: number): void {
    for (let j = 0, k = 0; j < size; ++j, at += width - size) {
      for (let i = 0; i < size; ++i, ++at, ++k) {
        const share = cover[k] * opacity;
        if (share >= 255) pixels[at] = color;
        else if (share > 0) pixels[at] = blend(pixels[at], color, share);
      }
    }
  }

  destroy(): void {
    this.image = null;
  }
}

/** `color` over `below`, both 0xAABBGGRR and not premultiplied; share of 256. */
function blend(below: number, color: number, share: number): number {
  const a = share / 256;
  const b = (below >>> 24) / 255;
  const alpha = a + b * (1 - a);
  const part = (shift: number): number =>
    Math.round((((color >>> shift) & 255) * a + ((below >>> shift) & 255) * b * (1 - a)) / alpha) << shift;
  return (part(0) | part(8) | part(16) | (Math.round(255 * alpha) << 24)) >>> 0;
}
