// A decoder of fully connected, convolutional and residual layers, computed in the page for exported files. Layout is
// (C, H, W) or (C, L) throughout, and the inner loops run along rows, which is what makes them fast.

import type { NumberArray } from './types';

export interface DecoderOp {
  op: string;
  name?: string;
  shape?: number[];
  stride?: number;
  padding?: number;
  output_padding?: number;
  height?: number;
  width?: number;
  low?: number;
  high?: number;
  groups?: number;
  eps?: number;
  /** Which values are logistic, as [place, low, extent], and which are always the same: the columns of a table. */
  sigmoid?: [number, number, number][];
  constant?: [number, number][];
  before?: number;
  after?: number;
  /** Lists of steps that start from the same values, and whose results are added. */
  branches?: DecoderOp[][];
}

interface Values {
  data: Float32Array;
  shape: number[]; // (D) or (C, H, W)
}

type Get = (name: string) => NumberArray;

/** The error function to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

const kActivations: Record<string, (x: number) => number> = {
  none: (x) => x,
  relu: (x) => (x > 0 ? x : 0),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  silu: (x) => x / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
};

/** y = weight x + bias; weight (out, in). */
export function linear(x: Float32Array, weight: NumberArray, bias: NumberArray): Float32Array {
  const [out, inputs] = weight.shape;
  const w = weight.data;
  const y = Float32Array.from(bias.data);
  for (let o = 0; o < out; ++o) {
    let sum = 0;
    for (let i = 0, at = o * inputs; i < inputs; ++i, ++at) sum += w[at] * x[i];
    y[o] += sum;
  }
  return y;
}

/** y[yAt + i * yStep] += factor * x[xAt + i * xStep] for `count` values: the inner loop of all convolutions. */
function addScaled(y: Float32Array, yAt: number, yStep: number, x: Float32Array, xAt: number, xStep: number, count: number, factor: number): void {
  for (let i = 0; i < count; ++i, yAt += yStep, xAt += xStep) y[yAt] += factor * x[xAt];
}

/** The places 0 <= i < count where 0 <= i * stride + offset < size: [first, how many]. */
function inside(count: number, stride: number, offset: number, size: number): [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const last = Math.min(count - 1, Math.floor((size - 1 - offset) / stride));
  return [first, Math.max(0, last - first + 1)];
}

function biased(bias: NumberArray, plane: number): Float32Array {
  const y = new Float32Array(bias.data.length * plane);
  for (let o = 0; o < bias.data.length; ++o) y.fill(bias.data[o], o * plane, (o + 1) * plane);
  return y;
}

/** Across rows and along them. */
type Pair = [number, number];

/** Each value adds a patch of weights (in, out, kh, kw) to a result of (out, ...size), which begins `before` places into the patches. */
function spread(x: Values, weight: NumberArray, bias: NumberArray, stride: Pair, before: Pair, size: Pair): Values {
  const [inC, H, W] = x.shape;
  const [, outC, kh, kw] = weight.shape;
  const [outH, outW] = size;
  const y = biased(bias, outH * outW);
  for (let j = 0; j < kw; ++j) {
    const [first, count] = inside(W, stride[1], j - before[1], outW);
    for (let i = 0; i < kh; ++i) {
      for (let c = 0; c < inC; ++c) {
        for (let o = 0; o < outC; ++o) {
          const factor = weight.data[((c * outC + o) * kh + i) * kw + j];
          if (factor === 0) continue;
          for (let h = 0; h < H; ++h) {
            const row = h * stride[0] + i - before[0];
            if (row < 0 || row >= outH) continue;
            const to = (o * outH + row) * outW + first * stride[1] + j - before[1];
            addScaled(y, to, stride[1], x.data, (c * H + h) * W + first, 1, count, factor);
          }
        }
      }
    }
  }
  return { data: y, shape: [outC, outH, outW] };
}

/** Transposed convolution: weight (in, out, k, k), each input value adds a k x k patch to the output. */
export function convTranspose(x: Values, weight: NumberArray, bias: NumberArray, stride: number, padding: number, extra: number): Values {
  const [, H, W] = x.shape;
  const [, , kh, kw] = weight.shape;
  const size = (side: number, k: number): number => (side - 1) * stride - 2 * padding + k + extra;
  return spread(x, weight, bias, [stride, stride], [padding, padding], [size(H, kh), size(W, kw)]);
}

/** The same along time: (C, L), weight (in, out, 1, k); `before` and `after` places of the result are cut off. */
export function convTranspose1d(x: Values, weight: NumberArray, bias: NumberArray, stride: number, before: number, after: number): Values {
  const [C, L] = x.shape;
  const length = (L - 1) * stride + weight.shape[3] - before - after;
  const { data, shape } = spread({ data: x.data, shape: [C, 1, L] }, weight, bias, [1, stride], [0, before], [1, length]);
  return { data, shape: [shape[0], length] };
}

/** Convolution: weight (out, in, k, k). */
export function conv(x: Values, weight: NumberArray, bias: NumberArray, stride: number, padding: number): Values {
  const [inC, H, W] = x.shape;
  const [outC, , kh, kw] = weight.shape;
  const outH = Math.floor((H + 2 * padding - kh) / stride) + 1;
  const outW = Math.floor((W + 2 * padding - kw) / stride) + 1;
  const y = biased(bias, outH * outW);
  for (let j = 0; j < kw; ++j) {
    const [first, count] = inside(outW, stride, j - padding, W);
    for (let i = 0; i < kh; ++i) {
      for (let o = 0; o < outC; ++o) {
        for (let c = 0; c < inC; ++c) {
          const factor = weight.data[((o * inC + c) * kh + i) * kw + j];
          if (factor === 0) continue;
          for (let h = 0; h < outH; ++h) {
            const row = h * stride - padding + i;
            if (row < 0 || row >= H) continue;
            const from = (c * H + row) * W + first * stride + j - padding;
            addScaled(y, (o * outH + h) * outW + first, 1, x.data, from, stride, count, factor);
          }
        }
      }
    }
  }
  return { data: y, shape: [outC, outH, outW] };
}

/** (L, C) -> (C, L). */
function channelsFirst(x: Values): Values {
  const [L, C] = x.shape;
  return { data: x.data.map((_, i) => x.data[(i % L) * C + Math.floor(i / L)]), shape: [C, L] };
}

function perChannel(x: Values, change: (value: number, channel: number) => number): Values {
  const channels = x.shape[0];
  const places = x.data.length / channels;
  const data = new Float32Array(x.data.length);
  for (let i = 0; i < data.length; ++i) data[i] = change(x.data[i], Math.floor(i / places));
  return { data, shape: x.shape };
}

function groupNorm(x: Values, weight: NumberArray, bias: NumberArray, groups: number, eps: number): Values {
  const size = x.data.length / groups;
  const data = new Float32Array(x.data.length);
  const places = x.data.length / x.shape[0];
  for (let g = 0; g < groups; ++g) {
    let mean = 0;
    for (let i = g * size; i < (g + 1) * size; ++i) mean += x.data[i] / size;
    let variance = 0;
    for (let i = g * size; i < (g + 1) * size; ++i) variance += (x.data[i] - mean) ** 2 / size;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let i = g * size; i < (g + 1) * size; ++i) {
      const channel = Math.floor(i / places);
      data[i] = (x.data[i] - mean) * scale * weight.data[channel] + bias.data[channel];
    }
  }
  return { data, shape: x.shape };
}

function crop(x: Values, height: number, width: number): Values {
  const [C, H, W] = x.shape;
  const data = new Float32Array(C * height * width);
  for (let c = 0; c < C; ++c) {
    for (let h = 0; h < height; ++h) {
      const from = (c * H + h) * W;
      data.set(x.data.subarray(from, from + width), (c * height + h) * width);
    }
  }
  return { data, shape: [C, height, width] };
}

function step(op: DecoderOp, x: Values, get: Get): Values {
  switch (op.op) {
    case 'channels_first':
      return channelsFirst(x);
    case 'conv_transpose1d':
      return convTranspose1d(x, get('weight'), get('bias'), op.stride ?? 1, op.before ?? 0, op.after ?? 0);
    case 'linear': {
      const data = linear(x.data, get('weight'), get('bias'));
      return { data, shape: [data.length] };
    }
    case 'activation': {
      const f = kActivations[op.name ?? ''];
      if (!f) throw new Error(`the exported decoder has an activation "${op.name}" that this page does not know`);
      return { data: x.data.map(f), shape: x.shape };
    }
    case 'scale_shift': {
      const scale = get('scale').data;
      const shift = get('shift').data;
      return perChannel(x, (value, channel) => value * scale[channel] + shift[channel]);
    }
    case 'group_norm':
      return groupNorm(x, get('weight'), get('bias'), op.groups ?? 1, op.eps ?? 1e-5);
    case 'unflatten':
      return { data: x.data, shape: op.shape ?? x.shape };
    case 'flatten':
      return { data: x.data, shape: [x.data.length] };
    case 'conv':
      return conv(x, get('weight'), get('bias'), op.stride ?? 1, op.padding ?? 0);
    case 'conv_transpose':
      return convTranspose(x, get('weight'), get('bias'), op.stride ?? 1, op.padding ?? 0, op.output_padding ?? 0);
    case 'crop':
      return crop(x, op.height ?? x.shape[1], op.width ?? x.shape[2]);
    case 'per_value': {
      const data = Float32Array.from(x.data);
      for (const [i, low, extent] of op.sigmoid ?? []) data[i] = low + extent * kActivations.sigmoid(data[i]);
      for (const [i, value] of op.constant ?? []) data[i] = value;
      return { data, shape: x.shape };
    }
    case 'clamp':
      return { data: x.data.map((v) => Math.min(op.high ?? 1, Math.max(op.low ?? 0, v))), shape: x.shape };
    default:
      throw new Error(`the exported decoder has a layer "${op.op}" that this page does not know`);
  }
}

function run(ops: DecoderOp[], tensors: Map<string, NumberArray>, from: Values, prefix: string): Values {
  let x = from;
  ops.forEach((op, k) => {
    if (op.op === 'sum') {
      const [first, ...others] = (op.branches ?? []).map((branch, b) => run(branch, tensors, x, `${prefix}${k}.${b}.`));
      const sum = Float32Array.from(first.data);
      for (const { data } of others) for (let i = 0; i < sum.length; ++i) sum[i] += data[i];
      x = { data: sum, shape: first.shape };
      return;
    }
    x = step(op, x, (name) => {
      const tensor = tensors.get(`${prefix}${k}.${name}`);
      if (!tensor) throw new Error(`the exported file lacks ${prefix}${k}.${name}`);
      return tensor;
    });
  });
  return x;
}

/** Runs the layers on one code. @param tensors  "decoder.K.weight" and so on, K the number of the operation; in branch B
 * of a sum "decoder.K.B.J.weight" */
export function decode(ops: DecoderOp[], tensors: Map<string, NumberArray>, code: Float32Array): Values {
  return run(ops, tensors, { data: code, shape: [code.length] }, 'decoder.');
}
