// What the server says, as docs/http-api.md has it.

export type SampleType = 'image' | 'row' | 'series' | 'word';

export interface Look {
  type: SampleType;
  channels?: number;
  height?: number;
  width?: number;
  columns?: string[];
  /** How large the values of each column are. */
  sizes?: number[];
  /** Of series: the channels lie one after the other, or step by step (channels_last). */
  length?: number;
  channels_last?: boolean;
  /** Samples that can be heard. */
  sound?: { rate: number };
}

export interface RunInfo {
  name: string;
  path_name?: string;
  model: string;
  latent_dim: number;
  data_shape?: number[];
  has_encoder: boolean;
  has_decoder: boolean;
  has_likelihood: boolean;
  has_prior: boolean;
  /** Whether codes can be drawn with a truncation. */
  has_normal_prior?: boolean;
  /** Of an exported page: how many codes the model has drawn for it, where the page cannot draw by itself. */
  draws?: number;
  preset?: string;
  description?: string;
}

export interface DataInfo {
  name: string;
  part: string;
  samples: number;
  classes: string[];
  has_labels: boolean;
}

export interface Preparing {
  data: string;
  done: number;
  total: number;
  seconds_left: number | null;
}

export interface Info {
  version: string;
  run: RunInfo;
  look: Look;
  data: DataInfo;
  maps: string[];
  capabilities: string[];
  /** What an exported page lacks, each in one sentence. */
  lacks?: string[];
  /** What will be shown next: data whose codes are still searched for. */
  preparing?: Preparing | null;
  limits?: { batch?: number; body_bytes?: number };
}

/** A row-major array of numbers, as it travels in .npy files. */
export interface NumberArray {
  data: Float32Array | Int32Array | Uint8Array;
  shape: number[];
}

export interface MapRequest {
  method: string;
  dims?: number;
  seed?: number;
  options?: Record<string, number | string>;
}

export interface MapState {
  id: string;
  method: string;
  options?: Record<string, number | string>;
  seed?: number;
  state: 'waiting' | 'running' | 'done' | 'stopped' | 'failed';
  step?: number;
  steps?: number;
  version?: number;
  seconds?: number;
  explained?: number | number[] | null;
  error?: string;
}

export interface ColorInfo {
  id: string;
  name: string;
  type: 'category' | 'number';
  names?: string[];
  range?: [number, number];
}

export interface SampleInfo {
  id: number;
  label?: number | null;
  class?: string | null;
  values?: number[];
  columns?: string[];
  word?: string;
  text?: string;
}

export interface Neighbor {
  id: number;
  distance: number;
}

export interface ClassProbability {
  name: string;
  probability: number;
}

export interface ItemInfo {
  id: number;
  code: number[];
  reconstruction_nats?: number | null;
  kl_nats?: number | null;
  kl_per_dim?: number[] | null;
  anomaly?: number | null;
  neighbors: Neighbor[];
  prediction?: ClassProbability[] | null;
}

export interface Dimension {
  dim: number;
  kl?: number | null;
  mean: number;
  std: number;
  low: number;
  high: number;
  active: boolean;
}

export interface Attribute {
  name: string;
  vector?: number[];
  auroc?: number | null;
  with?: number;
  without?: number;
  low?: number;
  high?: number;
}

export interface Sum {
  code: number[];
  terms: { name?: string; text?: string; factor?: number; id?: number; code?: number[] }[];
  nearest: Neighbor[];
}

export interface Selection {
  count: number;
  center: number[];
  classes: Record<string, number>;
}

export interface Roc {
  fpr: number[];
  tpr: number[];
  auroc: number;
  /** Of all but the first point. */
  thresholds?: number[];
}

export interface Anomalies {
  method: string;
  methods?: string[];
  color?: string;
  roc?: Roc | null;
}

export interface Epoch {
  epoch: number;
  [figure: string]: unknown;
}

export interface TrainingState {
  state: string;
  epoch: number;
  epochs: number;
  history: Epoch[];
  notes: string[];
  /** Epochs of which there are pictures and a map. */
  pictures?: number[];
  /** The number of the newest event: what comes later is news. */
  event: number;
  batch: { done: number; total: number };
}

export interface Predictions {
  classes: string[];
  accuracy: number | null;
  /** Rows are true classes, columns predicted ones. */
  confusion: number[][];
  worst: { id: number; label: number; predicted: number; probability: number }[];
}

export interface WordScore {
  word: string;
  score: number;
  id?: number;
}

/** A failure that the server (or the exported page) explains in one line. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}
