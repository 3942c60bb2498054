// A map on the screen: points, what lies over them, and what hands do with it.

import { fit, toMap, toScreen, windowOf, zoomAt, type Camera, type Screen } from '../logic/camera';
import type { Coloring } from '../logic/colors';
import { bounds, GridIndex, type Box } from '../logic/grid';
import { lasso } from '../logic/lasso';
import { uniforms } from '../logic/random';
import { drawOverlay, spreadOut, type Overlay } from './overlay';
import { makeRenderer } from './choose';
import { pointSize, type PointRenderer } from './renderer';
import type { Thumbs } from './thumbs';

export interface Place {
  x: number; // on the map
  y: number;
  px: number; // on the screen
  py: number;
}

export interface SceneEvents {
  hover?(id: number, place: Place | null): void;
  click?(id: number, place: Place): void;
  lasso?(ids: number[]): void;
  camera?(camera: Camera): void;
}

const kManyPoints = 250000; // while the camera moves, no more are drawn; all of them when it rests
const kMostLookedAt = 900; // points in sight that are looked at one by one, for pictures
const kRest = 140; // milliseconds

interface Drawing {
  camera: Camera;
  way: number;
  count: number;
}
function sameDrawing(a: Drawing, b: Drawing): boolean {
  return a.way === b.way && a.count === b.count && a.camera.x === b.camera.x && a.camera.y === b.camera.y && a.camera.scale === b.camera.scale;
}

export class Scene {
  readonly overlay: Overlay = { rings: [], labels: [], lines: [], cross: null, thumbs: false };
  tool: 'pan' | 'lasso' = 'pan';
  /** Pixels at the right that a legend takes. */
  taken = 0;
  thumbs: Thumbs | null = null;
  private readonly renderer: PointRenderer;
  private readonly top: CanvasRenderingContext2D;
  private screen: Screen = { width: 1, height: 1 };
  private density = 1;
  private camera: Camera = { x: 0, y: 0, scale: 1 };
  private target: Camera = this.camera;
  private fitted = true; // follows the map until a hand moves it
  private positions: Float32Array = new Float32Array();
  private coloring: Coloring | null = null;
  private index: GridIndex | null = null;
  private box: Box = bounds(new Float32Array());
  private order: Uint32Array | null = null; // in which many points are drawn, so that the first of them stand for all
  private way = { begin: 0, length: 0 };
  private frame = 0;
  private restTimer = 0;
  private moving = false;
  /** The points as they were drawn last: what lies over them changes more often than they do. */
  private drawn: Drawing | null = null;
  private path: number[] = []; // of the lasso, on the map
  private readonly pointers = new Map<number, { x: number; y: number; startX: number; startY: number }>();
  private readonly observer: ResizeObserver;
  private readonly calm = matchMedia('(prefers-reduced-motion: reduce)').matches;

  constructor(
    private readonly points: HTMLCanvasElement,
    private readonly over: HTMLCanvasElement,
    private readonly events: SceneEvents,
    prefer = '',
  ) {
    this.renderer = makeRenderer(points, prefer);
    const top = over.getContext('2d');
    if (!top) throw new Error('this browser has no canvas');
    this.top = top;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(over);
    this.resize();
    this.listen();
  }

  get rendererName(): string {
    return this.renderer.name;
  }

  destroy(): void {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.restTimer);
    this.renderer.destroy();
  }

  /** @param glide  milliseconds in which points move there from where they are */
  setPositions(positions: Float32Array, glide: number): void {
    const same = positions.length === this.positions.length && positions.length > 0;
    const from = glide > 0 && same && !this.calm ? this.placesNow() : null;
    this.positions = positions;
    this.index = null;
    this.box = bounds(positions);
    this.order = shuffled(positions.length / 2, this.order);
    this.drawn = null;
    this.renderer.setPositions(this.arranged(positions, 2), from && this.arranged(from, 2));
    this.way = { begin: performance.now(), length: from ? glide : 0 };
    if (this.fitted) this.target = fit(this.box, this.screen, this.taken);
    if (!from && this.fitted) this.camera = this.target;
    this.request();
  }

  /** `values`, `size` for each point, in the order of drawing. */
  private arranged<T extends Float32Array | Uint8Array>(values: T, size: number): T {
    const { order } = this;
    if (!order || order.length * size !== values.length) return values;
    const result = new (values.constructor as new (length: number) => T)(values.length);
    for (let i = 0; i < order.length; ++i) for (let k = 0; k < size; ++k) result[size * i + k] = values[size * order[i] + k];
    return result;
  }

  /** Where points are on their way. */
  private placesNow(): Float32Array {
    const way = this.progress();
    const from = this.lastFrom;
    this.lastFrom = this.positions;
    if (way >= 1 || !from || from.length !== this.positions.length) return this.positions;
    const now = new Float32Array(from.length);
    for (let i = 0; i < now.length; ++i) now[i] = from[i] + way * (this.positions[i] - from[i]);
    this.lastFrom = now;
    return now;
  }
  private lastFrom: Float32Array | null = null;

  private progress(): number {
    return this.way.length === 0 ? 1 : Math.min(1, (performance.now() - this.way.begin) / this.way.length);
  }

  setColors(coloring: Coloring): void {
    this.coloring = coloring;
    this.order = shuffled(coloring.index.length, this.order);
    this.drawn = null;
    this.renderer.setColors({ ...coloring, index: this.arranged(coloring.index, 1) });
    this.request();
  }

  setMarks(marks: Uint8Array | null): void {
    this.drawn = null;
    this.renderer.setMarks(marks && this.arranged(marks, 1));
    this.request();
  }

  setCamera(camera: Camera | null, glide = true): void {
    this.fitted = camera === null;
    this.target = camera ?? fit(this.box, this.screen, this.taken);
    if (!glide || this.calm) this.camera = this.target;
    this.moved();
  }

  zoom(factor: number, px = this.screen.width / 2, py = this.screen.height / 2): void {
    this.setCamera(this.limit(zoomAt(this.target, this.screen, px, py, factor)));
  }

  pan(dx: number, dy: number): void {
    this.setCamera({ ...this.target, x: this.target.x - dx / this.target.scale, y: this.target.y + dy / this.target.scale });
  }

  /** Brings a point to the middle unless it is in sight. */
  show(id: number): void {
    const [x, y] = [this.positions[2 * id], this.positions[2 * id + 1]];
    if (x === undefined) return;
    const [px, py] = toScreen(this.target, this.screen, x, y);
    const rim = 40;
    if (px < rim || py < rim || px > this.screen.width - rim || py > this.screen.height - rim) {
      this.setCamera({ ...this.target, x, y });
    }
  }

  /** The point nearest to the middle of the screen. */
  middle(): number {
    return this.grid().nearest(this.camera.x, this.camera.y, this.screen.width / this.camera.scale, (i) => this.isShown(i));
  }

  /** The points in sight, at most so many; of more of them some that lie apart. */
  inSight(limit: number): number[] {
    const all = (this.grid().inside(windowOf(this.target, this.screen), 100 * limit) ?? []).filter((i) => this.isShown(i));
    return all.length <= limit ? all : spreadOut(all, this.positions, this.target.scale, 46).slice(0, limit);
  }

  request(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  private limit(camera: Camera): Camera {
    const whole = fit(this.box, this.screen, this.taken).scale;
    return { ...camera, scale: Math.min(Math.max(camera.scale, whole / 4), whole * 4000) };
  }

  private moved(): void {
    this.moving = true;
    clearTimeout(this.restTimer);
    this.restTimer = window.setTimeout(() => {
      this.moving = false;
      this.events.camera?.(this.fitted ? { x: 0, y: 0, scale: 0 } : this.target);
      this.request();
    }, kRest);
    this.request();
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.over;
    if (width === 0 || height === 0) return;
    this.density = Math.min(2, window.devicePixelRatio || 1);
    this.screen = { width, height };
    for (const canvas of [this.points, this.over]) {
      canvas.width = Math.round(width * this.density);
      canvas.height = Math.round(height * this.density);
    }
    if (this.fitted) this.target = this.camera = fit(this.box, this.screen, this.taken);
    this.drawn = null;
    // A canvas that was given another size is empty, and the next frame would show it so.
    this.draw();
  }

  private isShown(i: number): boolean {
    return !this.coloring || this.coloring.palette[4 * this.coloring.index[i] + 3] > 0;
  }

  private grid(): GridIndex {
    this.index ??= new GridIndex(this.positions);
    return this.index;
  }

  private ease(): boolean {
    const { camera, target } = this;
    const near = Math.abs(target.scale / camera.scale - 1) < 1e-3 &&
      Math.hypot(target.x - camera.x, target.y - camera.y) * camera.scale < 0.3;
    if (near) {
      this.camera = target;
      return false;
    }
    const t = 0.35;
    const scale = camera.scale * Math.pow(target.scale / camera.scale, t);
    // What stays under the pointer while the scale changes: places move with its inverse.
    const share = target.scale === camera.scale ? t : (1 / camera.scale - 1 / scale) / (1 / camera.scale - 1 / target.scale);
    this.camera = { x: camera.x + share * (target.x - camera.x), y: camera.y + share * (target.y - camera.y), scale };
    return true;
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.positions.length === 0) {
      this.top.clearRect(0, 0, this.over.width, this.over.height);
      return;
    }
    const easing = this.ease();
    const t = this.progress();
    const way = t * t * (3 - 2 * t);
    const count = this.positions.length / 2;
    const whole = fit(this.box, this.screen, this.taken).scale;
    const style = { size: pointSize(count, this.camera.scale / whole), density: this.density, faded: 0.16 };
    const busy = easing || t < 1 || this.moving;
    const shown = { camera: this.camera, way, count: Math.min(count, busy ? kManyPoints : count) };
    if (!this.drawn || !sameDrawing(this.drawn, shown)) this.renderer.draw(this.camera, this.screen, style, way, shown.count);
    this.drawn = shown;
    this.drawOver(count, style.size, t < 1);
    if (easing || t < 1) this.request();
  }

  private drawOver(count: number, size: number, gliding: boolean): void {
    const visible = gliding || count === 0 ? null : this.grid().inside(windowOf(this.camera, this.screen), kMostLookedAt);
    drawOverlay(this.top, {
      overlay: this.overlay,
      positions: this.positions,
      camera: this.camera,
      screen: this.screen,
      density: this.density,
      pointSize: size,
      visible: visible?.filter((i) => this.isShown(i)) ?? null,
      thumbs: this.thumbs,
      coloring: this.coloring,
      path: this.path,
    });
  }

  private place(event: { offsetX: number; offsetY: number }): Place {
    const [x, y] = toMap(this.camera, this.screen, event.offsetX, event.offsetY);
    return { x, y, px: event.offsetX, py: event.offsetY };
  }

  private under(place: Place, radius: number): number {
    if (this.positions.length === 0) return -1;
    return this.grid().nearest(place.x, place.y, radius / this.camera.scale, (i) => this.isShown(i));
  }

  private listen(): void {
    const { over } = this;
    over.addEventListener('wheel', (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 30 : 1;
      this.zoom(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * 0.0022), event.offsetX, event.offsetY);
    }, { passive: false });
    over.addEventListener('pointerdown', (event) => this.down(event));
    over.addEventListener('pointermove', (event) => this.move(event));
    over.addEventListener('pointerup', (event) => this.up(event));
    over.addEventListener('pointercancel', (event) => {
      this.pointers.delete(event.pointerId);
      this.path = [];
    });
    over.addEventListener('pointerleave', () => this.pointers.size === 0 && this.events.hover?.(-1, null));
    over.addEventListener('dblclick', (event) => this.zoom(2.5, event.offsetX, event.offsetY));
    over.addEventListener('keydown', (event) => this.key(event));
  }

  private down(event: PointerEvent): void {
    this.over.setPointerCapture(event.pointerId);
    this.events.hover?.(-1, null);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY, startX: event.offsetX, startY: event.offsetY });
    const drawing = (this.tool === 'lasso' || event.shiftKey) && this.pointers.size === 1;
    const place = this.place(event);
    this.path = drawing ? [place.x, place.y] : [];
  }

  private move(event: PointerEvent): void {
    const pointer = this.pointers.get(event.pointerId);
    const place = this.place(event);
    if (!pointer) {
      this.events.hover?.(this.under(place, 14), place);
      return;
    }
    const [dx, dy] = [event.offsetX - pointer.x, event.offsetY - pointer.y];
    if (this.path.length > 0) {
      this.path.push(place.x, place.y);
      this.request();
    } else if (this.pointers.size === 2) {
      this.pinch(event.pointerId, event.offsetX, event.offsetY);
    } else if (Math.hypot(event.offsetX - pointer.startX, event.offsetY - pointer.startY) > 3) {
      this.pan(dx, dy);
      this.camera = this.target;
      if (event.pointerType === 'touch') this.events.hover?.(-1, null);
    } else return;
    pointer.x = event.offsetX;
    pointer.y = event.offsetY;
  }

  private pinch(id: number, x: number, y: number): void {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    const self = this.pointers.get(id);
    if (!other || !self) return;
    const factor = Math.hypot(x - other.x, y - other.y) / Math.max(1, Math.hypot(self.x - other.x, self.y - other.y));
    this.zoom(factor, (x + other.x) / 2, (y + other.y) / 2);
    this.camera = this.target;
  }

  private up(event: PointerEvent): void {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    const { path } = this;
    this.path = [];
    if (path.length >= 6) {
      this.events.lasso?.(lasso(this.positions, path, (i) => this.isShown(i)));
    } else if (pointer && Math.hypot(event.offsetX - pointer.startX, event.offsetY - pointer.startY) <= 3) {
      const place = this.place(event);
      this.events.click?.(this.under(place, event.pointerType === 'touch' ? 26 : 14), place);
    }
    this.request();
  }

  private key(event: KeyboardEvent): void {
    const step = 60;
    const act: Record<string, () => void> = {
      ArrowLeft: () => this.pan(step, 0),
      ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step),
      ArrowDown: () => this.pan(0, -step),
      '+': () => this.zoom(1.5),
      '=': () => this.zoom(1.5),
      '-': () => this.zoom(1 / 1.5),
      '0': () => this.setCamera(null),
      Enter: () => this.events.click?.(this.middle(), { x: this.camera.x, y: this.camera.y, px: this.screen.width / 2, py: this.screen.height / 2 }),
    };
    if (!act[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act[event.key]();
  }
}

/** A fixed order of chance for more points than are drawn while the camera moves; null for fewer. */
function shuffled(count: number, before: Uint32Array | null): Uint32Array | null {
  if (count <= kManyPoints) return null;
  if (before?.length === count) return before;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const next = uniforms(1);
  for (let i = count - 1; i > 0; --i) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
