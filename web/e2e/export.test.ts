// `latent explore --export`: one file that works from disk, and shows what the live page shows, or says that it cannot.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { decode, type DecoderOp } from '../src/api/decoder';
import { readNpy, writeNpy } from '../src/api/npy';
import { readSafetensors } from '../src/api/safetensors';
import type { Info, NumberArray } from '../src/api/types';
import { gaussians, uniforms } from '../src/logic/random';
import { accessible, isPainted, latent, open, picture, rest, serve, workplace } from './support';

const work = workplace();

interface Export {
  info: Info;
  decoder: DecoderOp[] | null;
  missing: { decoder?: string; prior?: string };
  tensors: Map<string, NumberArray>;
}
function contents(file: string): Export {
  const text = /id="latent-export">([^<]*)</.exec(readFileSync(file, 'utf8'))?.[1];
  if (!text) throw new Error('there is no export in the file');
  const { metadata, tensors } = readSafetensors(new Uint8Array(Buffer.from(text, 'base64')));
  return { ...(JSON.parse(metadata['latent.export']) as Omit<Export, 'tensors'>), tensors };
}

/** Discs of several sizes and places, as bytes. */
function grayDiscs(name: string, count: number, side: number): string {
  const values = drawnDiscs(count, side, 20, 240);
  const whole = writeNpy(new Float32Array(0), [count, side, side]);
  const head = Buffer.from(whole).toString('latin1').replace("'<f4'", "'|u1'");
  return written(name, Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(values)]));
}
/** The same as numbers far from 0..1. */
function discs(name: string, count: number, side: number): string {
  return written(name, writeNpy(drawnDiscs(count, side, -300, 900), [count, side, side]));
}
function drawnDiscs(count: number, side: number, dark: number, bright: number): Float32Array {
  const next = uniforms(5);
  const values = new Float32Array(count * side * side);
  for (let n = 0; n < count; ++n) {
    const [x, y, r] = [side * (0.3 + 0.4 * next()), side * (0.3 + 0.4 * next()), side * (0.1 + 0.2 * next())];
    for (let i = 0; i < side * side; ++i) values[n * side * side + i] = Math.hypot((i % side) - x, Math.floor(i / side) - y) < r ? bright : dark;
  }
  return values;
}
function written(name: string, bytes: Uint8Array | string): string {
  const file = join(work.path(), name);
  writeFileSync(file, bytes);
  return file;
}
function series(): string {
  const rows = ['time,load,heat'];
  for (let t = 0; t < 900; ++t) rows.push(`${t},${(10 + 3 * Math.sin(t / 5)).toFixed(3)},${(50 + 9 * Math.cos(t / 11)).toFixed(3)}`);
  return written('plant.csv', rows.join('\n'));
}
function table(): string {
  const noise = gaussians(1200, 3);
  const rows = ['height,weight,kind,smokes'];
  for (let i = 0; i < 400; ++i) rows.push([150 + 20 * noise[3 * i], 60 + 9 * noise[3 * i] + 4 * noise[3 * i + 1], 2, noise[3 * i + 2] > 0.5 ? 1 : 0].map((v) => v.toFixed(1)).join(','));
  return written('people.csv', rows.join('\n'));
}

/** Trains, exports, and serves the same beside it. @return what the file holds, and what the server decodes of the first codes and of new ones */
async function both(name: string, data: () => string, ...train: string[]): Promise<{ file: string; made: Export; said: string }> {
  const [run, file, from] = [join(work.path(), name), join(work.path(), `${name}.html`), data()];
  await latent('train', from, '--epochs', '1', '--out', run, ...train);
  const said = await latent('explore', run, from, '--export', file, '--json');
  return { file, made: contents(file), said };
}

async function live(name: string, data: string, codes: Float32Array, D: number, as: string): Promise<number[]> {
  const server = await serve('explore', join(work.path(), name), data);
  try {
    const answer = await fetch(`${server.address}/api/v1/decode?as=${as}`, { method: 'POST', body: new Blob([writeNpy(codes, [codes.length / D, D]) as BlobPart]) });
    if (!answer.ok) throw new Error(await answer.text());
    if (as === 'json') return ((await answer.json()) as { values: number[][] }).values.flat();
    return Array.from(readNpy(await answer.arrayBuffer()).data);
  } finally {
    await server.stop();
  }
}

describe('the decoder in the page', () => {
  const kinds: [string, () => string, string[]][] = [
    ['mlp', () => grayDiscs('mlp.npy', 300, 16), ['--preset', 'vae-mlp']],
    ['conv', () => grayDiscs('conv.npy', 300, 16), ['--preset', 'vae-conv']],
    ['conv-batch', () => grayDiscs('batch.npy', 300, 18), ['--preset', 'vae-conv', '--normalization', 'batch']],
    ['conv-group', () => grayDiscs('group.npy', 300, 18), ['--preset', 'vae-conv', '--normalization', 'group']],
    ['odd-units', () => discs('odd.npy', 300, 12), ['--preset', 'vae-conv', '--likelihood', 'gaussian']],
    ['resnet', () => discs('photo.npy', 200, 21), ['--preset', 'vae-photo', '--latent-dim', '8']],
    ['series', series, ['--window', '32']],
    ['table', table, []],
    ['gan-mlp', () => discs('gan.npy', 200, 12), ['--preset', 'gan-mlp']],
    ['gan-conv', () => discs('gan2.npy', 200, 16), ['--preset', 'gan-conv']],
  ];
  it.each(kinds)('%s: makes of a code what the live page shows', async (name, data, train) => {
    const { made } = await both(name, data, ...train);
    const D = made.info.run.latent_dim;
    expect(made.missing).toEqual({});
    const codes = Float32Array.from([...made.tensors.get('codes')!.data.slice(0, 3 * D), ...gaussians(2 * D, 9)]);
    const pictures = made.info.look.type === 'image';
    const theirs = await live(name, data(), codes, D, pictures ? 'pixels' : 'json');
    const mine = Array.from({ length: 5 }, (_, i) => [...decode(made.decoder!, made.tensors, codes.slice(i * D, (i + 1) * D)).data]).flat();
    expect(mine.length).toBe(theirs.length);
    const size = Math.max(...theirs.map(Math.abs));
    let worst = 0;
    theirs.forEach((value, p) => (worst = Math.max(worst, pictures ? Math.abs(255 * Math.min(1, Math.max(0, mine[p])) - value) / 255 : Math.abs(mine[p] - value) / size)));
    expect(worst).toBeLessThan(pictures ? 0.51 / 255 + 2e-4 : 2e-4); // bytes are rounded; otherwise only the order of sums differs
  }, 240_000);
});

/** Every view that the page offers, from disk. */
async function go(page: Page, views: string[]): Promise<void> {
  for (const view of views) {
    await page.locator('nav').getByText(view).click();
    await page.locator('h1', { hasText: view }).waitFor();
    await rest(page);
    expect(await page.locator('.state.error').allInnerTexts(), view).toEqual([]);
  }
}
const offered = (page: Page): Promise<string[]> => page.locator('nav a').allInnerTexts();

describe('a page from disk', () => {
  it('of pictures in odd units: the map, a sample, and every view', async () => {
    const { file } = await both('odd-page', () => discs('odd-page.npy', 300, 12), '--preset', 'vae-conv', '--likelihood', 'gaussian');
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#map?item=5`);
    await page.locator('.legend-card').waitFor();
    for (let i = 0; i < 10; ++i) await page.mouse.move(640 + 8 * i, 420);
    await page.locator('.dream canvas').waitFor();
    await rest(page);
    for (const canvas of ['canvas.points', '.dream canvas', ...['original', 'reconstruction', 'difference'].map((name) => `aside canvas[aria-label="${name}"]`)]) {
      expect(await isPainted(page, canvas), canvas).toBe(true);
    }
    await picture(page, 'export-map');
    await accessible(page, 'export');
    await page.getByRole('group', { name: 'Kind of map' }).getByText('UMAP').click();
    await rest(page);
    expect(await isPainted(page, 'canvas.points')).toBe(true);
    for (let i = 0; i < 10; ++i) await page.mouse.move(640 + 8 * i, 420); // decodes what lies near
    await page.locator('.dream canvas').waitFor();
    await picture(page, 'export-umap');
    expect(await offered(page)).toEqual(['Map', 'Dimensions', 'Morph', 'Arithmetic', 'Generate', 'Anomalies']);
    await page.keyboard.press('Escape');
    await go(page, ['Dimensions', 'Morph', 'Arithmetic', 'Anomalies', 'Generate']);
    expect(await isPainted(page, '.wall canvas')).toBe(true);
    await picture(page, 'export-generate');
    check();
  }, 240_000);

  it('of a model with another prior draws what the model draws', async () => {
    const { file, made } = await both('mixture', () => discs('mixture.npy', 300, 12), '--preset', 'vae-mlp', '--prior', 'mixture', '--likelihood', 'gaussian');
    expect(made.tensors.get('prior.draws')?.shape).toEqual([2000, made.info.run.latent_dim]);
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#generate`);
    await page.getByText('This page holds 2,000 codes that the model drew').waitFor();
    expect(await page.getByLabel('Truncation').count()).toBe(0);
    await page.locator('.wall canvas').nth(40).waitFor();
    check();
  }, 240_000);

  it('of series has the scales of its prior', async () => {
    const { file, made } = await both('scaled', series, '--window', '32');
    const scales = made.tensors.get('prior.scales')!.data;
    expect(Math.max(...scales) / Math.min(...scales)).toBeGreaterThan(3);
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#map?item=3`);
    await page.getByRole('img', { name: 'reconstruction' }).waitFor();
    expect(await page.getByRole('img', { name: 'original' }).locator('polyline').count()).toBe(2);
    await page.keyboard.press('Escape');
    await go(page, await offered(page));
    check();
  }, 240_000);

  it('of words has their names, neighbours and analogies', async () => {
    const next = uniforms(8);
    const pick = <T,>(list: T[]): T => list[Math.floor(next() * list.length)];
    const lines = Array.from({ length: 6000 }, () => `${pick(['the dog', 'a cat', 'one horse'])} ${pick(['sleeps', 'runs', 'eats'])} near the ${pick(['river', 'hill', 'barn'])}`);
    const [run, file] = [join(work.path(), 'words'), join(work.path(), 'words.html')];
    await latent('words', 'train', written('text.txt', lines.join('\n')), '--out', run, '--dim', '12', '--epochs', '8', '--sample', '0');
    await latent('explore', run, '--export', file);
    const server = await serve('explore', run);
    const found = (await (await fetch(`${server.address}/api/v1/words/nearest?q=dog&k=5`)).json()) as { word: string; cosine: number }[];
    await server.stop();
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#words?a=dog&b=sleeps&c=cat&word=dog`);
    await page.locator('.answer').waitFor();
    const said = await page.locator('.list').first().locator('li').allInnerTexts();
    expect(said.slice(0, 5).map((line) => line.split('\n')[0])).toEqual(found.map(({ word }) => word));
    expect(await offered(page)).toEqual(['Map', 'Words']);
    await page.keyboard.press('/');
    await page.keyboard.type('riv');
    await page.locator('#search-results button', { hasText: 'river' }).waitFor();
    await picture(page, 'export-words');
    check();
  }, 240_000);

  it('of a classifier has its predictions and mistakes', async () => {
    const { file } = await both('classifier', table, '--model', 'classifier', '--preset', 'mlp', '--label-column', 'smokes');
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#classifier`);
    await page.locator('td .wrong').first().waitFor();
    await page.locator('.mistake').first().locator('button').click();
    await page.getByText('The classifier says').waitFor();
    check();
  }, 240_000);

  it('of a decoder that does not run there says so, here and on the terminal', async () => {
    const { file, made, said } = await both('lossless', () => grayDiscs('lossless.npy', 120, 12), '--preset', 'vae-lossless');
    expect(made.missing.decoder).toBe("likelihood 'causal-mixture'");
    expect(said).toContain("likelihood 'causal-mixture'");
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#map?item=3`);
    await page.getByText("The decoder of this model (likelihood 'causal-mixture') does not run in an exported page").waitFor();
    expect(await offered(page)).toEqual(['Map', 'Anomalies']);
    await page.locator('aside .neighbors').waitFor();
    await rest(page);
    await picture(page, 'export-no-decoder');
    check();
  }, 240_000);
});
