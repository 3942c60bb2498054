// Where the page gets everything from: a running server, or an exported file. Views know only this interface.

import type {
  Anomalies,
  Attribute,
  ClassProbability,
  ColorInfo,
  Dimension,
  Info,
  ItemInfo,
  MapRequest,
  MapState,
  Neighbor,
  NumberArray,
  Predictions,
  SampleInfo,
  Selection,
  Sum,
  TrainingState,
  WordScore,
} from './types';

/** A sample or a decoded code, ready for the renderer of its kind. */
export type Shown = (
  | { kind: 'image'; image: CanvasImageSource; width: number; height: number }
  | { kind: 'values'; values: ArrayLike<number> }
  | { kind: 'word'; text: string }
) & {
  /** A WAV of it, where samples are sounds. */
  sound?: () => Promise<Blob>;
};

/** Square tiles of one picture, row by row, in the order of the ids that were asked for. */
export interface Tiles {
  image: CanvasImageSource;
  tile: number;
  columns: number;
}

export interface MapWatcher {
  progress(state: { step: number; steps: number; version: number }): void;
  end(state: 'done' | 'stopped' | 'failed', error?: string): void;
}

export interface TrainingWatcher {
  batch(progress: { epoch: number; done: number; total: number; figures: Record<string, number> }): void;
  epoch(): void;
  note(text: string): void;
  state(state: string): void;
  /** It is over; the model can be looked at soon. */
  end(state: string): void;
}

/** Functions that only a server has say so with an ApiError; views ask `has()` first. */
export interface Backend {
  readonly live: boolean;
  info(): Promise<Info>;
  codes(): Promise<NumberArray>;
  labels(): Promise<Int32Array>;
  colors(): Promise<ColorInfo[]>;
  color(id: string): Promise<Float32Array | Int32Array>;

  startMap(request: MapRequest): Promise<MapState>;
  mapState(id: string): Promise<MapState>;
  stopMap(id: string): Promise<void>;
  /** @return stops watching */
  watchMap(id: string, watcher: MapWatcher): () => void;
  positions(id: string): Promise<NumberArray>;
  placeCode(id: string, x: number, y: number): Promise<Float32Array>;
  decodePlace(id: string, x: number, y: number): Promise<Shown>;

  /** @param ids at most 512 */
  thumbnails(ids: number[], size: number): Promise<Tiles>;
  sample(id: number): Promise<SampleInfo>;
  original(id: number): Promise<Shown>;
  item(id: number): Promise<ItemInfo>;
  picture(id: number, what: 'reconstruction' | 'difference' | 'cleaned'): Promise<Shown>;
  /** What samples are called. @param ids at most 512 */
  texts(ids: number[]): Promise<{ id: number; text: string }[]>;
  search(text: string, limit: number): Promise<{ id: number; text: string }[]>;
  dimensions(): Promise<Dimension[]>;

  /** @param codes (count, D) */
  decode(codes: Float32Array, count: number): Promise<Shown[]>;
  encode(picture: Blob): Promise<Float32Array>;
  denoise(picture: Blob): Promise<Shown>;
  score(picture: Blob, method: string): Promise<number[]>;
  predict(picture: Blob): Promise<ClassProbability[]>;
  neighbors(of: { id?: number; code?: ArrayLike<number> }, k: number): Promise<Neighbor[]>;
  /** (count, D) from the prior. @param truncation  standard deviations within which each value lies; 0: any */
  draw(count: number, seed: number, temperature: number, truncation: number): Promise<Float32Array>;
  near(code: ArrayLike<number>, count: number, spread: number, seed: number): Promise<Float32Array>;
  /** About (steps, D): every code is passed. */
  interpolate(codes: ArrayLike<number>[], steps: number, path: string): Promise<Float32Array>;
  arithmetic(expression: string): Promise<Sum>;
  attributes(): Promise<Attribute[]>;
  addAttribute(attribute: { name: string; ids?: number[]; expression?: string; method?: string }): Promise<Attribute>;
  removeAttribute(name: string): Promise<void>;
  selection(ids: number[]): Promise<Selection>;
  meanImage(ids: number[]): Promise<Shown | null>;
  anomalies(method: string): Promise<Anomalies>;
  predictions(): Promise<Predictions>;
  /** The way through the codes in about so many pictures. */
  strip(codes: ArrayLike<number>[], steps: number, path: string): Promise<Blob>;
  gif(codes: ArrayLike<number>[], steps: number, path: string): Promise<Blob>;

  nearestWords(query: string, k: number): Promise<WordScore[]>;
  analogy(a: string, b: string, c: string, k: number): Promise<WordScore[]>;

  training(): Promise<TrainingState>;
  /** @param from  TrainingState::event */
  watchTraining(from: number, watcher: TrainingWatcher): () => void;
  /** Classes of the samples on the maps of a training. */
  trainingLabels(): Promise<Int32Array>;
  steer(action: 'pause' | 'resume' | 'stop'): Promise<void>;
  epochPicture(epoch: number, what: 'samples' | 'reconstructions'): Promise<Shown>;
  epochPositions(epoch: number): Promise<NumberArray>;
}

/** Pixels (C, H, W) as something to draw. @param white  the value of white; black is 0 */
export function toImage(pixels: ArrayLike<number>, channels: number, height: number, width: number, white = 1): Shown {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no canvas');
  const image = context.createImageData(width, height);
  const plane = height * width;
  for (let i = 0; i < plane; ++i) {
    for (let c = 0; c < 3; ++c) {
      image.data[4 * i + c] = Math.round((255 * Math.min(white, Math.max(0, pixels[channels >= 3 ? c * plane + i : i]))) / white);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return { kind: 'image', image: canvas, width, height };
}
