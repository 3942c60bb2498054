import { describe, expect, it } from 'vitest';
import { conv, convTranspose, convTranspose1d, decode, linear } from '../src/api/decoder';
import type { NumberArray } from '../src/api/types';
import { gaussians } from '../src/logic/random';

const tensor = (shape: number[], seed: number): NumberArray => ({ data: gaussians(shape.reduce((a, b) => a * b), seed), shape });
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a, (v, i) => v * b[i]).reduce((x, y) => x + y, 0);

describe('decoder layers', () => {
  it('linear, by hand', () => {
    const y = linear(Float32Array.from([1, 2]), { data: Float32Array.from([1, 0, 3, -1]), shape: [2, 2] }, { data: Float32Array.from([10, 20]), shape: [2] });
    expect([...y]).toEqual([11, 21]);
  });

  // <conv(x), y> = <x, conv_transpose(y)> for the same weights and no bias: they are each other's transpose.
  it.each([[4, 2, 1, 8], [3, 1, 1, 5], [4, 2, 1, 14], [5, 3, 2, 10]])('kernel %i, stride %i, padding %i on %i', (k, stride, padding, side) => {
    const weight = tensor([3, 2, k, k], 1); // conv: 2 -> 3 channels; transposed: 3 -> 2
    const none = (n: number): NumberArray => ({ data: new Float32Array(n), shape: [n] });
    const x = { data: gaussians(2 * side * side, 2), shape: [2, side, side] };
    const cx = conv(x, weight, none(3), stride, padding);
    const y = { data: gaussians(cx.data.length, 3), shape: cx.shape };
    const extra = (side + 2 * padding - k) % stride;
    const ty = convTranspose(y, weight, none(2), stride, padding, extra);
    expect(ty.shape).toEqual(x.shape);
    expect(dot(cx.data, y.data)).toBeCloseTo(dot(x.data, ty.data), 2);
  });

  it('transposed convolution along time is the two-dimensional one of a single row, cut at both ends', () => {
    const x = { data: gaussians(3 * 7, 2), shape: [3, 7] };
    const weight = tensor([3, 2, 1, 4], 1), bias = tensor([2], 3);
    const whole = convTranspose1d(x, weight, bias, 2, 0, 0);
    expect(whole.shape).toEqual([2, 16]); // (7 - 1) 2 + 4
    for (let at = 0; at < 16; ++at) {
      let sum = bias.data[1];
      for (let c = 0; c < 3; ++c) for (let t = 0; t < 7; ++t) if (at - 2 * t >= 0 && at - 2 * t < 4) sum += x.data[c * 7 + t] * weight.data[(c * 2 + 1) * 4 + at - 2 * t];
      expect(whole.data[16 + at]).toBeCloseTo(sum, 4);
    }
    const cut = convTranspose1d(x, weight, bias, 2, 1, 2);
    expect(cut.shape).toEqual([2, 13]);
    expect([...cut.data.slice(13)]).toEqual([...whole.data.slice(17, 30)]);
  });

  it('adds branches, of which an empty one hands its input on, and turns sequences', () => {
    const tensors = new Map<string, NumberArray>([
      ['decoder.0.1.0.weight', { data: Float32Array.from([0, 1, 1, 0]), shape: [2, 2] }],
      ['decoder.0.1.0.bias', { data: Float32Array.from([10, 20]), shape: [2] }],
    ]);
    expect([...decode([{ op: 'sum', branches: [[], [{ op: 'linear' }]] }], tensors, Float32Array.from([1, 2])).data]).toEqual([13, 23]);
    const turned = decode([{ op: 'unflatten', shape: [3, 2] }, { op: 'channels_first' }], new Map(), Float32Array.from([0, 10, 1, 11, 2, 12]));
    expect(turned.shape).toEqual([2, 3]);
    expect([...turned.data]).toEqual([0, 1, 2, 10, 11, 12]);
  });

  it('runs operations in order, and group normalisation has mean 0 and variance 1', () => {
    const tensors = new Map<string, NumberArray>([
      ['decoder.0.weight', tensor([8, 3], 4)], ['decoder.0.bias', tensor([8], 5)],
      ['decoder.2.weight', { data: new Float32Array(2).fill(1), shape: [2] }], ['decoder.2.bias', { data: new Float32Array(2), shape: [2] }],
      ['decoder.3.scale', { data: Float32Array.from([1, 2]), shape: [2] }], ['decoder.3.shift', { data: Float32Array.from([0, 1]), shape: [2] }],
    ]);
    const ops = [{ op: 'linear' }, { op: 'unflatten', shape: [2, 2, 2] }, { op: 'group_norm', groups: 2, eps: 0 }, { op: 'scale_shift' }];
    const { data, shape } = decode(ops, tensors, Float32Array.from([0.3, -1, 2]));
    expect(shape).toEqual([2, 2, 2]);
    const first = data.subarray(0, 4), second = data.subarray(4);
    expect(first.reduce((a, b) => a + b)).toBeCloseTo(0, 4);
    expect(dot(first, first) / 4).toBeCloseTo(1, 4);
    expect(second.reduce((a, b) => a + b) / 4).toBeCloseTo(1, 4);
  });

  it('crops, clamps, and names what it does not know', () => {
    const run = (ops: object[]): number[] => [...decode(ops as never, new Map(), Float32Array.from([-1, 0.5, 2, 3])).data];
    expect(run([{ op: 'unflatten', shape: [1, 2, 2] }, { op: 'crop', height: 1, width: 2 }, { op: 'clamp', low: 0, high: 1 }])).toEqual([0, 0.5]);
    expect(run([{ op: 'activation', name: 'relu' }])).toEqual([0, 0.5, 2, 3]);
    const mixed = run([{ op: 'per_value', sigmoid: [[2, -1, 4]], constant: [[3, 7]] }]);
    [-1, 0.5, -1 + 4 / (1 + Math.exp(-2)), 7].forEach((value, i) => expect(mixed[i]).toBeCloseTo(value, 6));
    const gelu = run([{ op: 'activation', name: 'gelu' }]); // x * the normal distribution function
    [-0.1586553, 0.3457312, 1.9544997, 2.9959503].forEach((value, i) => expect(gelu[i]).toBeCloseTo(value, 5));
    expect(() => run([{ op: 'attention' }])).toThrow(/"attention"/);
    expect(() => run([{ op: 'linear' }])).toThrow(/lacks decoder.0.weight/);
  });
});
