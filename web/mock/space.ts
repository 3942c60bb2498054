// A small exported space that is made, not trained: discs of several sizes and places, codes of three dimensions, and a
// decoder whose weights are written down. For work on the page without a server, and for its tests.

import { deflateSync } from 'node:zlib';
import { writeSafetensors } from '../src/api/safetensors';
import type { NumberArray } from '../src/api/types';
import { gaussians, uniforms } from '../src/logic/random';

const kSide = 16;

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
}

/** A grey PNG. */
export function grayPng(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const table = crcTable();
  const chunk = (type: string, body: Uint8Array): Buffer => {
    const bytes = Buffer.alloc(12 + body.length);
    bytes.writeUInt32BE(body.length, 0);
    bytes.write(type, 4, 'latin1');
    bytes.set(body, 8);
    let crc = 0xffffffff;
    for (const byte of bytes.subarray(4, 8 + body.length)) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
    bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 8 + body.length);
    return bytes;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const raw = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; ++y) raw.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const sign = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return new Uint8Array(Buffer.concat([sign, chunk('IHDR', head), chunk('IDAT', deflateSync(raw)), chunk('IEND', new Uint8Array())]));
}

const disc = (x: number, y: number, r: number): Float32Array =>
  Float32Array.from({ length: kSide * kSide }, (_, i) => {
    const distance = Math.hypot((i % kSide) - 7.5 - 3 * x, Math.floor(i / kSide) - 7.5 - 3 * y);
    return 1 / (1 + Math.exp(2 * (distance - (3.5 + r))));
  });

/** The bytes of the exported space. @param samples  at least 8 */
export function mockSpace(samples = 2000, seed = 7): Uint8Array {
  const D = 3;
  const next = uniforms(seed);
  const noise = gaussians(samples * D, seed + 1);
  const labels = Int32Array.from({ length: samples }, () => Math.floor(next() * 5));
  const codes = Float32Array.from(noise, (value, i) => {
    const angle = (labels[Math.floor(i / D)] / 5) * 2 * Math.PI;
    return 0.35 * value + [Math.cos(angle), Math.sin(angle), 0][i % D];
  });
  const tensors = new Map<string, NumberArray>([
    ['codes', { data: codes, shape: [samples, D] }],
    ['labels', { data: labels, shape: [samples] }],
    ['map.pca', { data: codes.filter((_, i) => i % D < 2), shape: [samples, 2] }],
    ['pca.mean', { data: new Float32Array(D), shape: [D] }],
    ['pca.components', { data: Float32Array.from([1, 0, 0, 0, 1, 0]), shape: [2, D] }],
    ['color.label', { data: labels, shape: [samples] }],
  ]);
  for (let d = 0; d < D; ++d) {
    tensors.set(`color.dim:${d}`, { data: codes.filter((_, i) => i % D === d), shape: [samples] });
  }
  const odd = Float32Array.from(labels, (_, i) => Math.hypot(codes[i * D], codes[i * D + 1], codes[i * D + 2]));
  tensors.set('color.anomaly:prior', { data: odd, shape: [samples] });
  // Weights: 27 discs on a grid of codes; a hidden unit for each of them, and its picture behind it.
  const centers: [number, number, number][] = [];
  for (const x of [-1, 0, 1]) for (const y of [-1, 0, 1]) for (const r of [-1, 0, 1]) centers.push([x, y, r]);
  const hidden = Float32Array.from(centers.flat(), (value) => 1.5 * value);
  const bias = Float32Array.from(centers, ([x, y, r]) => -1.2 * (x * x + y * y + r * r - 1));
  const pictures = centers.map(([x, y, r]) => disc(x, y, r));
  const out = new Float32Array(kSide * kSide * 27);
  for (let p = 0; p < kSide * kSide; ++p) for (let c = 0; c < 27; ++c) out[p * 27 + c] = 1.6 * (pictures[c][p] - 0.3);
  tensors.set('decoder.0.weight', { data: hidden, shape: [27, D] });
  tensors.set('decoder.0.bias', { data: bias, shape: [27] });
  tensors.set('decoder.2.weight', { data: out, shape: [kSide * kSide, 27] });
  tensors.set('decoder.2.bias', { data: new Float32Array(kSide * kSide), shape: [kSide * kSide] });
  const columns = Math.ceil(Math.sqrt(samples));
  const rows = Math.ceil(samples / columns);
  const atlas = new Uint8Array(columns * kSide * rows * kSide);
  for (let i = 0; i < samples; ++i) {
    const picture = disc(codes[i * D], codes[i * D + 1], codes[i * D + 2]);
    const from = Math.floor(i / columns) * kSide * columns * kSide + (i % columns) * kSide;
    picture.forEach((value, p) => (atlas[from + Math.floor(p / kSide) * columns * kSide + (p % kSide)] = 255 * value));
  }
  const png = grayPng(columns * kSide, rows * kSide, atlas);
  tensors.set('atlas.0', { data: png, shape: [png.length] });
  const header = {
    version: 2,
    info: {
      version: '0.1.0',
      run: { name: 'discs', model: 'vae', latent_dim: D, has_encoder: true, has_decoder: true, has_likelihood: true, has_prior: true, has_normal_prior: true, preset: 'vae-mlp' },
      look: { type: 'image', channels: 1, height: kSide, width: kSide },
      data: { name: 'discs', part: 'test', samples, classes: ['right', 'low right', 'low left', 'high left', 'high right'], has_labels: true },
      maps: ['pca'],
      capabilities: ['anomalies'],
    },
    colors: [
      { id: 'label', name: 'label', type: 'category', names: ['right', 'low right', 'low left', 'high left', 'high right'] },
      { id: 'anomaly:prior', name: 'anomaly (prior)', type: 'number' },
      ...[0, 1, 2].map((d) => ({ id: `dim:${d}`, name: `dimension ${d}`, type: 'number' })),
    ],
    dimensions: [0, 1, 2].map((dim) => ({ dim, kl: 2.1 - 0.7 * dim, mean: 0, std: 1, low: -2.2, high: 2.2, active: true })),
    maps: [{ id: 'pca', method: 'pca', seed: 0, explained: 0.91 }],
    atlas: { tile: kSide, count: samples, page: samples, height: kSide, width: kSide },
    anomalies: [{ method: 'prior', roc: null }],
    missing: {},
    decoder: [
      { op: 'linear' },
      { op: 'activation', name: 'relu' },
      { op: 'linear' },
      { op: 'activation', name: 'sigmoid' },
      { op: 'unflatten', shape: [1, kSide, kSide] },
    ],
  };
  return writeSafetensors({ metadata: { 'latent.export': JSON.stringify(header) }, tensors });
}
