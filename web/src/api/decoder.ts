// A decoder of fully connected and transposed convolutional layers, computed in the page for exported files. Plain loops:
// one code takes a few milliseconds. Layout is (C, H, W) throughout.

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
  /** Which values are logistic, and which are always the same: the columns of a table. */
  sigmoid?: number[];
  constant?: [number, number][];
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

/** Transposed convolution: weight (in, out, k, k), each input value adds a k x k patch to the output. */
export function convTranspose(x: Values, weight: NumberArray, bias: NumberArray, stride: number, padding: number, extra: number): Values {
  const [inC, H, W] = x.shape;
  const [, outC, k] = weight.shape;
  const outH = (H - 1) * stride - 2 * padding + k + extra;
  const outW = (W - 1) * stride - 2 * padding + k + extra;
  const y = new Float32Array(outC * outH * outW);
  for (let o = 0; o < outC; ++o) y.fill(bias.data[o], o * outH * outW, (o + 1) * outH * outW);
  for (let c = 0; c < inC; ++c) {
    for (let h = 0; h < H; ++h) {
      for (let w = 0; w < W; ++w) {
        const value = x.data[(c * H + h) * W + w];
        if (value === 0) continue;
        for (let o = 0; o < outC; ++o) {
          const from = (c * outC + o) * k * k;
          for (let i = 0; i < k; ++i) {
            const row = h * stride - padding + i;
            if (row < 0 || row >= outH) continue;
            const to = (o * outH + row) * outW;
            for (let j = 0; j < k; ++j) {
              const column = w * stride - padding + j;
              if (column >= 0 && column < outW) y[to + column] += value * weight.data[from + i * k + j];
            }
          }
        }
      }
    }
  }
  return { data: y, shape: [outC, outH, outW] };
}

/** Convolution: weight (out, in, k, k). */
export function conv(x: Values, weight: NumberArray, bias: NumberArray, stride: number, padding: number): Values {
  const [inC, H, W] = x.shape;
  const [outC, , k] = weight.shape;
  const outH = Math.floor((H + 2 * padding - k) / stride) + 1;
  const outW = Math.floor((W + 2 * padding - k) / stride) + 1;
  const y = new Float32Array(outC * outH * outW);
  for (let o = 0; o < outC; ++o) {
    for (let h = 0; h < outH; ++h) {
      for (let w = 0; w < outW; ++w) {
        let sum = bias.data[o];
        for (let c = 0; c < inC; ++c) {
          for (let i = 0; i < k; ++i) {
            const row = h * stride - padding + i;
            if (row < 0 || row >= H) continue;
            for (let j = 0; j < k; ++j) {
              const column = w * stride - padding + j;
              if (column < 0 || column >= W) continue;
              sum += x.data[(c * H + row) * W + column] * weight.data[((o * inC + c) * k + i) * k + j];
            }
          }
        }
        y[(o * outH + h) * outW + w] = sum;
      }
    }
  }
  return { data: y, shape: [outC, outH, outW] };
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
      for (const i of op.sigmoid ?? []) data[i] = kActivations.sigmoid(data[i]);
      for (const [i, value] of op.constant ?? []) data[i] = value;
      return { data, shape: x.shape };
    }
    case 'clamp':
      return { data: x.data.map((v) => Math.min(op.high ?? 1, Math.max(op.low ?? 0, v))), shape: x.shape };
    default:
      throw new Error(`the exported decoder has a layer "${op.op}" that this page does not know`);
  }
}

/** Runs the layers on one code. @param tensors  "decoder.K.weight" and so on, K the number of the operation */
export function decode(ops: DecoderOp[], tensors: Map<string, NumberArray>, code: Float32Array): Values {
  let x: Values = { data: code, shape: [code.length] };
  ops.forEach((op, k) => {
    x = step(op, x, (name) => {
      const tensor = tensors.get(`decoder.${k}.${name}`);
      if (!tensor) throw new Error(`the exported file lacks decoder.${k}.${name}`);
      return tensor;
    });
  });
  return x;
}
