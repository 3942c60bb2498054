// An exported space: everything is in the file itself, and the page computes what a server would.

import { interpolateCodes } from '../logic/paths';
import { gaussians } from '../logic/random';
import { toImage, type Backend, type Shown, type Tiles } from './backend';
import { decode as runDecoder, type DecoderOp } from './decoder';
import { readSafetensors } from './safetensors';
import {
  ApiError,
  type Anomalies,
  type Attribute,
  type ColorInfo,
  type Dimension,
  type Info,
  type ItemInfo,
  type MapRequest,
  type MapState,
  type Neighbor,
  type NumberArray,
  type SampleInfo,
  type Selection,
  type Sum,
} from './types';
import { localSum } from './local_sum';

interface Header {
  version: number;
  info: Info;
  colors: ColorInfo[];
  dimensions: Dimension[];
  maps: { id: string; method: string; options?: Record<string, number | string>; seed?: number; explained?: number }[];
  atlas: { tile: number; count: number; page: number } | null;
  texts?: { id: number; text: string }[];
  decoder: DecoderOp[] | null;
}

const onlyServer = (): never => {
  throw new ApiError('this needs a running server: latent explore', 501);
};

/** Reads the BASE64 text that `latent explore --export` put into the page. */
export function bytesOfBase64(text: string): Uint8Array {
  const raw = atob(text.replace(/\s+/g, ''));
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

export class ExportedBackend implements Backend {
  readonly live = false;
  private readonly header: Header;
  private readonly tensors: Map<string, NumberArray>;
  private readonly pages = new Map<number, Promise<ImageBitmap>>();
  private kept: Attribute[] = [];

  constructor(bytes: Uint8Array) {
    const { metadata, tensors } = readSafetensors(bytes);
    this.header = JSON.parse(metadata['latent.export'] ?? 'null') as Header;
    if (this.header?.version !== 1) throw new ApiError('this file was exported by another version of latent', 0);
    this.tensors = tensors;
  }

  private tensor(name: string): NumberArray {
    const found = this.tensors.get(name);
    if (!found) throw new ApiError(`the exported file has no ${name}`, 404);
    return found;
  }
  private get z(): Float32Array {
    return this.tensor('codes').data as Float32Array;
  }
  private get D(): number {
    return this.header.info.run.latent_dim;
  }
  private code(id: number): Float32Array {
    return this.z.subarray(id * this.D, (id + 1) * this.D);
  }

  async info(): Promise<Info> {
    const { info, maps, decoder } = this.header;
    const capabilities = info.capabilities.filter((name) => name === 'anomalies');
    const run = { ...info.run, has_decoder: decoder !== null, has_encoder: false };
    return { ...info, run, maps: maps.map((map) => map.id), capabilities };
  }
  async codes(): Promise<NumberArray> {
    return this.tensor('codes');
  }
  async labels(): Promise<Int32Array> {
    const count = this.header.info.data.samples;
    return (this.tensors.get('labels')?.data as Int32Array | undefined) ?? new Int32Array(count).fill(-1);
  }
  async colors(): Promise<ColorInfo[]> {
    return this.header.colors;
  }
  async color(id: string): Promise<Float32Array | Int32Array> {
    return this.tensor(`color.${id}`).data as Float32Array | Int32Array;
  }

  async startMap(request: MapRequest): Promise<MapState> {
    const found = this.header.maps.find((map) => map.method === request.method);
    return found ? { ...found, state: 'done' } : onlyServer();
  }
  async mapState(id: string): Promise<MapState> {
    const found = this.header.maps.find((map) => map.id === id);
    return found ? { ...found, state: 'done' } : onlyServer();
  }
  async stopMap(): Promise<void> {}
  watchMap(): () => void {
    return () => {};
  }
  async positions(id: string): Promise<NumberArray> {
    return this.tensor(`map.${id}`);
  }
  /** Exact for PCA; elsewhere the mean of the nearest samples' codes, weighed by nearness. */
  async placeCode(id: string, x: number, y: number): Promise<Float32Array> {
    const code = new Float32Array(this.D);
    const components = this.tensors.get('pca.components')?.data;
    const method = this.header.maps.find((map) => map.id === id)?.method;
    if (method === 'codes') {
      code.set([x, y]);
      return code;
    }
    if (method === 'pca' && components) {
      const mean = this.tensor('pca.mean').data;
      for (let d = 0; d < this.D; ++d) code[d] = mean[d] + x * components[d] + y * components[this.D + d];
      return code;
    }
    const positions = this.tensor(`map.${id}`).data;
    const near = nearest(positions.length / 2, 8, (i) => (positions[2 * i] - x) ** 2 + (positions[2 * i + 1] - y) ** 2);
    const scale = (near[near.length - 1]?.distance ?? 1) + 1e-12;
    let total = 0;
    for (const { id: i, distance } of near) {
      const weight = Math.max(1e-6, 1 - distance / (1.01 * scale));
      total += weight;
      for (let d = 0; d < this.D; ++d) code[d] += weight * this.z[i * this.D + d];
    }
    return code.map((value) => value / total);
  }
  async decodePlace(id: string, x: number, y: number): Promise<Shown> {
    return this.show(await this.placeCode(id, x, y));
  }

  private show(code: Float32Array): Shown {
    if (!this.header.decoder) throw new ApiError('the decoder of this model does not run in a page', 501);
    const { data, shape } = runDecoder(this.header.decoder, this.tensors, code);
    if (this.header.info.look.type !== 'image') return { kind: 'values', values: data };
    const [channels, height, width] = shape.length === 3 ? shape : [1, ...shape];
    return toImage(data, channels, height, width);
  }

  private page(number: number): Promise<ImageBitmap> {
    let found = this.pages.get(number);
    if (!found) {
      const bytes = this.tensor(`atlas.${number}`).data as Uint8Array;
      found = createImageBitmap(new Blob([bytes as BlobPart], { type: 'image/png' }));
      this.pages.set(number, found);
    }
    return found;
  }
  async thumbnails(ids: number[], size: number): Promise<Tiles> {
    const { atlas } = this.header;
    if (!atlas) return onlyServer();
    const columns = Math.ceil(Math.sqrt(ids.length));
    const canvas = document.createElement('canvas');
    canvas.width = columns * size;
    canvas.height = Math.ceil(ids.length / columns) * size;
    const context = canvas.getContext('2d');
    for (const [i, id] of ids.entries()) {
      const number = Math.floor(id / atlas.page);
      const onPage = Math.min(atlas.page, atlas.count - number * atlas.page);
      const across = Math.ceil(Math.sqrt(onPage));
      const at = id % atlas.page;
      const [sx, sy] = [(at % across) * atlas.tile, Math.floor(at / across) * atlas.tile];
      const [x, y] = [(i % columns) * size, Math.floor(i / columns) * size];
      context?.drawImage(await this.page(number), sx, sy, atlas.tile, atlas.tile, x, y, size, size);
    }
    return { image: canvas, tile: size, columns };
  }
  async sample(id: number): Promise<SampleInfo> {
    const label = (await this.labels())[id];
    const text = this.header.texts?.find((entry) => entry.id === id)?.text;
    return { id, label, class: label >= 0 ? this.header.info.data.classes[label] : null, text, word: text };
  }
  async original(id: number): Promise<Shown> {
    const { look } = this.header.info;
    if (look.type === 'word') return { kind: 'word', text: (await this.sample(id)).text ?? `#${id}` };
    if (look.type !== 'image') {
      const { data, shape } = this.tensor('values');
      return { kind: 'values', values: data.subarray(id * shape[1], (id + 1) * shape[1]) };
    }
    const { image, tile } = await this.thumbnails([id], this.header.atlas?.tile ?? 32);
    return { kind: 'image', image, width: tile, height: tile };
  }
  async item(id: number): Promise<ItemInfo> {
    const anomaly = this.header.colors.find((color) => color.id.startsWith('anomaly:'));
    const scores = anomaly ? this.tensors.get(`color.${anomaly.id}`)?.data : undefined;
    const neighbors = await this.neighbors({ id }, 12);
    return { id, code: Array.from(this.code(id)), neighbors, anomaly: scores ? scores[id] : null };
  }
  async picture(id: number, what: 'reconstruction' | 'difference' | 'cleaned'): Promise<Shown> {
    return what === 'reconstruction' ? this.show(this.code(id)) : onlyServer();
  }
  async texts(ids: number[]): Promise<{ id: number; text: string }[]> {
    const wanted = new Set(ids);
    return (this.header.texts ?? []).filter(({ id }) => wanted.has(id));
  }
  async search(text: string, limit: number): Promise<{ id: number; text: string }[]> {
    const wanted = text.trim().toLowerCase();
    const number = /^#?\d+$/.test(wanted) ? Number(wanted.replace('#', '')) : -1;
    const found: { id: number; text: string }[] = [];
    if (number >= 0 && number < this.header.info.data.samples) found.push({ id: number, text: `#${number}` });
    for (const entry of this.header.texts ?? []) {
      if (found.length < limit && entry.text.toLowerCase().includes(wanted)) found.push(entry);
    }
    const labels = await this.labels();
    this.header.info.data.classes.forEach((name, label) => {
      if (!name.toLowerCase().includes(wanted)) return;
      for (let i = 0; i < labels.length && found.length < limit; ++i) {
        if (labels[i] === label) found.push({ id: i, text: name });
      }
    });
    return found;
  }
  async dimensions(): Promise<Dimension[]> {
    return this.header.dimensions;
  }

  async decode(codes: Float32Array, count: number): Promise<Shown[]> {
    return Array.from({ length: count }, (_, i) => this.show(codes.slice(i * this.D, (i + 1) * this.D)));
  }
  async encode(): Promise<Float32Array> {
    return onlyServer();
  }
  async denoise(): Promise<Shown> {
    return onlyServer();
  }
  async score(): Promise<number[]> {
    return onlyServer();
  }
  async predict(): Promise<never> {
    return onlyServer();
  }
  async neighbors(of: { id?: number; code?: ArrayLike<number> }, k: number): Promise<Neighbor[]> {
    const code = of.code ?? this.code(of.id ?? 0);
    const { z, D } = this;
    const squares = (i: number): number => {
      let sum = 0;
      for (let d = 0; d < D; ++d) sum += (z[i * D + d] - code[d]) ** 2;
      return sum;
    };
    const found = nearest(z.length / D, k + 1, (i) => (i === of.id ? Infinity : squares(i)));
    return found.slice(0, k).map(({ id, distance }) => ({ id, distance: Math.sqrt(distance) }));
  }
  async draw(count: number, seed: number, temperature: number, truncation: number): Promise<Float32Array> {
    return gaussians(count * this.D, seed, truncation).map((value) => value * temperature);
  }
  async near(code: ArrayLike<number>, count: number, spread: number, seed: number): Promise<Float32Array> {
    return gaussians(count * this.D, seed).map((value, i) => code[i % this.D] + spread * value);
  }
  async interpolate(codes: ArrayLike<number>[], steps: number, path: string): Promise<Float32Array> {
    return interpolateCodes(codes, steps, path);
  }
  async arithmetic(expression: string): Promise<Sum> {
    const sum = localSum(expression, this.z, this.D, await this.labels(), this.header.info.data.classes);
    return { ...sum, nearest: await this.neighbors({ code: sum.code }, 8) };
  }
  async attributes(): Promise<Attribute[]> {
    return this.kept;
  }
  async addAttribute({ name, ids }: { name: string; ids?: number[] }): Promise<Attribute> {
    if (!ids?.length) return onlyServer();
    const all = await this.selection(Array.from({ length: this.z.length / this.D }, (_, i) => i));
    const chosen = await this.selection(ids);
    const attribute = { name, vector: chosen.center.map((value, d) => value - all.center[d]), with: ids.length };
    this.kept = [...this.kept.filter((other) => other.name !== name), attribute];
    return attribute;
  }
  async removeAttribute(name: string): Promise<void> {
    this.kept = this.kept.filter((attribute) => attribute.name !== name);
  }
  async selection(ids: number[]): Promise<Selection> {
    const center = new Array<number>(this.D).fill(0);
    const classes: Record<string, number> = {};
    const labels = await this.labels();
    for (const id of ids) {
      this.code(id).forEach((value, d) => (center[d] += value / ids.length));
      const name = labels[id] >= 0 ? this.header.info.data.classes[labels[id]] : undefined;
      if (name) classes[name] = (classes[name] ?? 0) + 1;
    }
    return { count: ids.length, center, classes };
  }
  async meanImage(): Promise<Shown | null> {
    return null;
  }
  async anomalies(): Promise<Anomalies> {
    const color = this.header.colors.find((entry) => entry.id.startsWith('anomaly:'));
    return color ? { method: color.id.slice(8), color: color.id, roc: null } : onlyServer();
  }
  async predictions(): Promise<never> {
    return onlyServer();
  }
  async strip(): Promise<Blob> {
    return onlyServer();
  }
  async gif(): Promise<Blob> {
    return onlyServer();
  }
  async nearestWords(): Promise<never> {
    return onlyServer();
  }
  async analogy(): Promise<never> {
    return onlyServer();
  }
  async training(): Promise<never> {
    return onlyServer();
  }
  watchTraining(): () => void {
    return () => {};
  }
  async trainingLabels(): Promise<Int32Array> {
    return onlyServer();
  }
  async steer(): Promise<void> {
    onlyServer();
  }
  async epochPicture(): Promise<Shown> {
    return onlyServer();
  }
  async epochPositions(): Promise<NumberArray> {
    return onlyServer();
  }
}

/** The k of `count` things with the smallest measure, smallest first. */
function nearest(count: number, k: number, measure: (i: number) => number): Neighbor[] {
  const best: Neighbor[] = [];
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
