// An exported page answers by itself what a server would: `Backend` over a file that is made here.

import { describe, expect, it } from 'vitest';
import { mockSpace } from '../mock/space';
import { ExportedBackend } from '../src/api/exported';
import { placeInTile } from '../src/api/exported_pictures';
import { readSafetensors, writeSafetensors } from '../src/api/safetensors';
import type { NumberArray } from '../src/api/types';

type Header = Record<string, any>;

/** The made space with another header or other tensors. */
function space(change: (header: Header, tensors: Map<string, NumberArray>) => void = () => {}): ExportedBackend {
  const { metadata, tensors } = readSafetensors(mockSpace(60));
  const header = JSON.parse(metadata['latent.export']) as Header;
  change(header, tensors);
  return new ExportedBackend(writeSafetensors({ metadata: { 'latent.export': JSON.stringify(header) }, tensors }));
}

const D = 3;
function spreads(codes: Float32Array): number[] {
  return Array.from({ length: D }, (_, d) => {
    const column = codes.filter((_, i) => i % D === d);
    return Math.sqrt(column.reduce((sum, v) => sum + v * v, 0) / column.length);
  });
}
const text = (value: unknown): NumberArray => {
  const data = new TextEncoder().encode(JSON.stringify(value));
  return { data, shape: [data.length] };
};

describe('codes that are drawn in an exported page', () => {
  it('come from N(0, I), within a truncation, times a temperature', async () => {
    const codes = await space().draw(4000, 1, 1, 0);
    spreads(codes).forEach((s) => expect(Math.abs(s - 1)).toBeLessThan(0.06)); // 5 standard errors
    const tame = await space().draw(500, 1, 0.5, 1);
    expect(Math.max(...tame.map(Math.abs))).toBeLessThanOrEqual(0.5);
  });
  it('have the scales of the prior', async () => {
    const scales = [2, 0.5, 0.01];
    const scaled = space((_, tensors) => tensors.set('prior.scales', { data: Float32Array.from(scales), shape: [D] }));
    spreads(await scaled.draw(4000, 1, 1, 0)).forEach((s, d) => expect(s / scales[d]).toBeCloseTo(1, 1));
    const tame = await scaled.draw(500, 1, 1, 1);
    tame.forEach((value, i) => expect(Math.abs(value)).toBeLessThanOrEqual(scales[i % D] * 1.0001));
  });
  it('are some of those that the model drew, where its prior is another', async () => {
    const drawn = Float32Array.from({ length: 20 * D }, (_, i) => Math.floor(i / D) + 100);
    const mixture = space((header, tensors) => {
      header.info.run.has_normal_prior = false;
      tensors.set('prior.draws', { data: drawn, shape: [20, D] });
    });
    expect((await mixture.info()).run).toMatchObject({ has_normal_prior: false, draws: 20 });
    const codes = await mixture.draw(50, 3, 1, 0);
    const rows = new Set<number>();
    for (let n = 0; n < 50; ++n) {
      expect(codes[n * D]).toBe(codes[n * D + 1]);
      rows.add(codes[n * D]);
    }
    expect(rows.size).toBeGreaterThan(10);
    expect([...(await mixture.draw(50, 3, 1, 0))]).toEqual([...codes]);
    expect([...(await mixture.draw(50, 4, 1, 0))]).not.toEqual([...codes]);
    expect((await mixture.draw(1, 3, 0.5, 0))[0]).toBe(codes[0] / 2);
  });
  it('are refused in one line where the model cannot draw', async () => {
    const unfitted = space((header) => (header.missing.prior = 'the prior has not been fitted'));
    await expect(unfitted.draw(1, 1, 1, 0)).rejects.toThrow('the prior has not been fitted');
  });
  it('spread about a code as far as the data does', async () => {
    const narrow = space((header) => header.dimensions.forEach((one: Header, d: number) => (one.std = [3, 1, 0.1][d])));
    const codes = await narrow.near([10, 0, 0], 4000, 0.5, 2);
    spreads(codes.map((value, i) => value - [10, 0, 0][i % D])).forEach((s, d) => expect(s / [1.5, 0.5, 0.05][d]).toBeCloseTo(1, 1));
  });
});

describe('names and words in an exported page', () => {
  const words = ['the', 'king', 'queen', 'man', 'woman', 'kingdom'];
  const vectors = [[5, 5, 5], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 0, 2], [1, 0.9, 0]];
  const wordy = (): ExportedBackend => space((header, tensors) => {
    Object.assign(header.info, { look: { type: 'word' }, data: { ...header.info.data, samples: 6, has_labels: false } });
    Object.assign(header, { atlas: null, decoder: null, anomalies: [] });
    tensors.set('codes', { data: Float32Array.from(vectors.flat()), shape: [6, D] });
    tensors.delete('labels');
    tensors.set('texts', text(words));
  });
  it('says what samples are called, and finds them: what begins so comes first', async () => {
    const named = wordy();
    expect((await named.info()).capabilities).toEqual(['words']);
    expect(await named.sample(2)).toMatchObject({ word: 'queen', class: null });
    expect(await named.original(3)).toEqual({ kind: 'word', text: 'man' });
    expect(await named.texts([1, 5])).toEqual([{ id: 1, text: 'king' }, { id: 5, text: 'kingdom' }]);
    expect((await named.search('MAN', 9)).map((found) => found.text)).toEqual(['man', 'woman']);
  });
  it('answers for neighbours and analogies by cosines', async () => {
    const near = await wordy().nearestWords('king', 2);
    expect(near.map(({ word }) => word)).toEqual(['kingdom', 'the']);
    expect(near[1].score).toBeCloseTo(10 / (Math.sqrt(2) * Math.sqrt(75)), 5);
    expect((await wordy().analogy('man', 'king', 'woman', 1))[0]).toMatchObject({ word: 'queen', id: 2 });
    await expect(wordy().nearestWords('emperor', 2)).rejects.toThrow('"emperor" is not among the 6 words of this page');
  });
});

describe('what an exported page says of what it lacks', () => {
  it('has no decoder, and why', async () => {
    const waves = space((header) => Object.assign(header, { decoder: null, missing: { decoder: "network 'wave'" } }));
    const info = await waves.info();
    expect(info.run.has_decoder).toBe(false);
    expect(info.lacks?.[0]).toContain("network 'wave'");
    await expect(waves.decode(new Float32Array(D), 1)).rejects.toThrow(/does not run in an exported page/);
  });
  it('gives the scores of the method that is asked for', async () => {
    const roc = { fpr: [0, 1], tpr: [0, 1], auroc: 0.5 };
    const both = space((header) => (header.anomalies = [{ method: 'combined', roc }, { method: 'knn', roc: null }]));
    expect(await both.anomalies('')).toMatchObject({ method: 'combined', roc, methods: ['combined', 'knn'] });
    expect(await both.anomalies('knn')).toMatchObject({ method: 'knn', color: 'anomaly:knn', roc: null });
  });
  it('reads a map of two dimensions at the mean of the others', async () => {
    const more = space((header, tensors) => {
      header.maps.push({ id: 'codes', method: 'codes', options: { dimensions: [2, 0] } });
      header.dimensions.forEach((one: Header) => (one.mean = 7));
      tensors.set('map.codes', { data: new Float32Array(120), shape: [60, 2] });
    });
    expect([...(await more.placeCode('codes', 1, 2))]).toEqual([2, 7, 1]);
  });
  it('refuses a file of another version', () => {
    expect(() => space((header) => (header.version = 1))).toThrow(/another version/);
  });
});

it('pictures stand in the middle of their tiles, as the program puts them there', () => {
  const atlas = { tile: 64, count: 1, page: 1 };
  expect(placeInTile({ ...atlas, height: 64, width: 64 })).toEqual({ x: 0, y: 0, width: 64, height: 64 });
  expect(placeInTile({ ...atlas, height: 28, width: 20, tile: 28 })).toEqual({ x: 4, y: 0, width: 20, height: 28 });
  expect(placeInTile({ ...atlas, height: 100, width: 300 })).toEqual({ x: 0, y: 21, width: 64, height: 21 });
});
