// An exported space: everything is in the file itself, and the page computes what a server would.

import { nearest } from '../logic/nearest';
import { interpolateCodes } from '../logic/paths';
import { gaussians, uniforms } from '../logic/random';
import { toImage, type Backend, type Shown, type Tiles } from './backend';
import { decode as runDecoder, type DecoderOp } from './decoder';
import { difference, ExportedPictures, type Atlas } from './exported_pictures';
import { ExportedWords } from './exported_words';
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
  type Predictions,
  type Roc,
  type SampleInfo,
  type Selection,
  type Sum,
  type WordScore,
} from './types';
import { localSum } from './local_sum';

interface Header {
  version: number;
  info: Info;
  colors: ColorInfo[];
  dimensions: Dimension[];
  maps: { id: string; method: string; options?: Record<string, unknown>; seed?: number; explained?: number }[];
  atlas: Atlas | null;
  decoder: DecoderOp[] | null;
  anomalies?: { method: string; roc: Roc | null }[];
  predictions?: Predictions;
  /** What the model has and the page has not, and why. */
  missing: { decoder?: string; prior?: string };
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

/** Lets the page breathe where something is computed for long. */
const kAtOnce = 24; // milliseconds
const pause = (): Promise<void> => new Promise((done) => setTimeout(done));

export class ExportedBackend implements Backend {
  readonly live = false;
  private readonly header: Header;
  private readonly tensors: Map<string, NumberArray>;
  private readonly names: string[] | null;
  private readonly pictures: ExportedPictures | null;
  private words: ExportedWords | null = null;
  private kept: Attribute[] = [];

  constructor(bytes: Uint8Array) {
    const { metadata, tensors } = readSafetensors(bytes);
    this.header = JSON.parse(metadata['latent.export'] ?? 'null') as Header;
    if (this.header?.version !== 2) throw new ApiError('this file was exported by another version of latent', 0);
    this.tensors = tensors;
    const texts = tensors.get('texts');
    this.names = texts ? (JSON.parse(new TextDecoder().decode(texts.data as Uint8Array)) as string[]) : null;
    const { atlas } = this.header;
    this.pictures = atlas && new ExportedPictures(atlas, (page) => this.tensor(`atlas.${page}`).data as Uint8Array);
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
    const { info, maps, decoder, anomalies, predictions, missing } = this.header;
    const capabilities = [
      ...(anomalies?.length ? ['anomalies'] : []),
      ...(predictions ? ['predict'] : []),
      ...(info.look.type === 'word' && this.names ? ['words'] : []),
      ...(decoder ? ['decode'] : []),
    ];
    const run = { ...info.run, has_decoder: decoder !== null, has_encoder: false, draws: this.tensors.get('prior.draws')?.shape[0] };
    const { sound, ...look } = info.look; // sounds are made by the program alone
    const lacks = [
      ...(missing.decoder ? [`The decoder of this model (${missing.decoder}) does not run in an exported page: what samples it would make is left out.`] : []),
      ...(sound ? ['An exported page shows sounds and does not play them.'] : []),
    ];
    return { ...info, run, look, maps: maps.map((map) => map.id), capabilities, lacks };
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

  /** Maps are called by their method. */
  private map(id: string): MapState {
    const found = this.header.maps.find((map) => map.id === id);
    if (!found) return onlyServer();
    const { method, seed, explained } = found;
    return { id, method, seed, explained, state: 'done' };
  }
  async startMap(request: MapRequest): Promise<MapState> {
    return this.map(request.method);
  }
  async mapState(id: string): Promise<MapState> {
    return this.map(id);
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
    const { method, options } = this.header.maps.find((map) => map.id === id) ?? {};
    if (method === 'codes') {
      const [across, up] = (options?.dimensions as number[] | undefined) ?? [0, 1];
      for (const { dim, mean } of this.header.dimensions) code[dim] = mean;
      code[across] = x;
      code[up] = y;
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
    if (!this.header.decoder) throw new ApiError('the decoder of this model does not run in an exported page', 501);
    const { data, shape } = runDecoder(this.header.decoder, this.tensors, code);
    if (this.header.info.look.type !== 'image') return { kind: 'values', values: data };
    const [channels, height, width] = shape.length === 3 ? shape : [1, ...shape];
    return toImage(data, channels, height, width);
  }

  async thumbnails(ids: number[], size: number): Promise<Tiles> {
    return this.pictures ? this.pictures.tiles(ids, size) : onlyServer();
  }
  async sample(id: number): Promise<SampleInfo> {
    const { data, look } = this.header.info;
    const label = (await this.labels())[id];
    const text = this.names?.[id];
    return { id, label, class: label >= 0 ? data.classes[label] : null, text, word: look.type === 'word' ? text : undefined };
  }
  async original(id: number): Promise<Shown> {
    const { look } = this.header.info;
    if (look.type === 'word') return { kind: 'word', text: this.names?.[id] ?? `#${id}` };
    if (this.pictures) return this.pictures.original(id);
    const { data, shape } = this.tensor('values');
    return { kind: 'values', values: data.subarray(id * shape[1], (id + 1) * shape[1]) };
  }
  /** The score of a sample, if the file has that. */
  private scoreOf(method: string, id: number): number | null {
    return this.tensors.get(`color.anomaly:${method}`)?.data[id] ?? null;
  }
  private prediction(id: number): ItemInfo['prediction'] {
    const found = this.tensors.get('probabilities');
    if (!found || !this.header.predictions) return undefined;
    const C = found.shape[1];
    const all = this.header.predictions.classes.map((name, c) => ({ name, probability: found.data[id * C + c] }));
    return all.sort((a, b) => b.probability - a.probability);
  }
  async item(id: number): Promise<ItemInfo> {
    return {
      id,
      code: Array.from(this.code(id)),
      neighbors: await this.neighbors({ id }, 12),
      anomaly: this.scoreOf('combined', id),
      reconstruction_nats: this.scoreOf('reconstruction', id),
      prediction: this.prediction(id),
    };
  }
  async picture(id: number, what: 'reconstruction' | 'difference' | 'cleaned'): Promise<Shown> {
    if (what === 'cleaned') return onlyServer();
    const again = this.show(this.code(id));
    if (what === 'reconstruction') return again;
    return this.pictures?.exact ? difference(await this.pictures.original(id), again) : onlyServer();
  }
  async texts(ids: number[]): Promise<{ id: number; text: string }[]> {
    const labels = await this.labels();
    return ids.map((id) => ({ id, text: this.names?.[id] ?? this.header.info.data.classes[labels[id]] ?? `#${id}` }));
  }
  /** By number, then what begins so, then what contains it. */
  async search(text: string, limit: number): Promise<{ id: number; text: string }[]> {
    const wanted = text.trim().toLowerCase();
    const { samples, classes } = this.header.info.data;
    const found: { id: number; text: string }[] = [];
    if (wanted === '') return found;
    const number = /^#?\d+$/.test(wanted) ? Number(wanted.replace('#', '')) : -1;
    if (number >= 0 && number < samples) found.push({ id: number, text: `#${number}` });
    const labels = await this.labels();
    for (const first of [true, false]) {
      const fits = (name: string | undefined): boolean => {
        const at = name?.toLowerCase().indexOf(wanted) ?? -1;
        return at >= 0 && (at === 0) === first;
      };
      const fitting = classes.map(fits);
      for (let id = 0; id < samples && found.length < limit; ++id) {
        if (fits(this.names?.[id])) found.push({ id, text: this.names![id] });
        else if (fitting[labels[id]]) found.push({ id, text: classes[labels[id]] });
      }
    }
    return found;
  }
  async dimensions(): Promise<Dimension[]> {
    return this.header.dimensions;
  }

  async decode(codes: Float32Array, count: number): Promise<Shown[]> {
    const all: Shown[] = [];
    let begin = performance.now();
    for (let i = 0; i < count; ++i) {
      all.push(this.show(codes.slice(i * this.D, (i + 1) * this.D)));
      if (performance.now() - begin < kAtOnce) continue;
      await pause();
      begin = performance.now();
    }
    return all;
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
  /** From N(0, s^2) here; of another prior, some of the codes that the model has drawn for this page. */
  async draw(count: number, seed: number, temperature: number, truncation: number): Promise<Float32Array> {
    const { D } = this;
    if (this.header.missing.prior) throw new ApiError(this.header.missing.prior, 501);
    const scales = this.tensors.get('prior.scales')?.data;
    const draws = this.tensors.get('prior.draws');
    if (!draws) return gaussians(count * D, seed, truncation).map((value, i) => value * (scales?.[i % D] ?? 1) * temperature);
    const next = uniforms(seed);
    const codes = new Float32Array(count * D);
    for (let n = 0; n < count; ++n) {
      const row = Math.floor(next() * draws.shape[0]) * D;
      for (let d = 0; d < D; ++d) codes[n * D + d] = draws.data[row + d] * temperature;
    }
    return codes;
  }
  /** A spread of 1 is that of the data. */
  async near(code: ArrayLike<number>, count: number, spread: number, seed: number): Promise<Float32Array> {
    const { D } = this;
    const stds = new Float32Array(D);
    for (const { dim, std } of this.header.dimensions) stds[dim] = std;
    return gaussians(count * D, seed).map((value, i) => code[i % D] + spread * stds[i % D] * value);
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
    const chosen = new Set(ids);
    const others = Array.from({ length: this.z.length / this.D }, (_, i) => i).filter((i) => !chosen.has(i));
    if (others.length === 0) throw new ApiError('an attribute needs samples without it, too', 400);
    const [has, lacks] = [await this.selection(ids), await this.selection(others)];
    const vector = has.center.map((value, d) => value - lacks.center[d]);
    const attribute = { name, vector, with: ids.length, without: others.length };
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
  async anomalies(method: string): Promise<Anomalies> {
    const all = this.header.anomalies ?? [];
    const found = all.find((entry) => entry.method === (method || 'combined')) ?? all[0];
    if (!found) return onlyServer();
    return { method: found.method, methods: all.map((entry) => entry.method), color: `anomaly:${found.method}`, roc: found.roc };
  }
  async predictions(): Promise<Predictions> {
    return this.header.predictions ?? onlyServer();
  }
  async strip(): Promise<Blob> {
    return onlyServer();
  }
  async gif(): Promise<Blob> {
    return onlyServer();
  }
  private asked(): ExportedWords {
    this.words ??= new ExportedWords(this.names ?? [], this.z, this.D);
    return this.words;
  }
  async nearestWords(query: string, k: number): Promise<WordScore[]> {
    return this.asked().nearest(query, k);
  }
  async analogy(a: string, b: string, c: string, k: number): Promise<WordScore[]> {
    return this.asked().analogy(a, b, c, k);
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
