// Measures what docs/benchmarks.md says of the explorer's page, with the renderer that the page chooses. Events are made in the page, one for each frame: no time of the
// program that drives the browser is in them.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { writeNpy } from '../src/api/npy';
import { gaussians } from '../src/logic/random';
import { kOut, latent, open, rest, serve, workplace } from './support';

const work = workplace();
const lines = ['| points | first map | pan | zoom | under the pointer | places decoded |', '| --- | --- | --- | --- | --- | --- |'];

/** Groups of points in 8 dimensions, as an array of f32; written piece by piece. */
function rows(name: string, count: number): string {
  const file = join(work.path(), name);
  const out = openSync(file, 'w');
  writeSync(out, writeNpy(new Float32Array(0), [count, 8]));
  const piece = 50_000;
  const centers = gaussians(12 * 8, 1);
  for (let begin = 0; begin < count; begin += piece) {
    const values = gaussians(8 * Math.min(piece, count - begin), 2 + begin);
    for (let i = 0; i < values.length; ++i) values[i] = 0.4 * values[i] + 2 * centers[8 * ((i >> 3) % 12) + (i & 7)];
    writeSync(out, new Uint8Array(values.buffer));
  }
  closeSync(out);
  return file;
}

/** From the beginning of a visit until points are on the map, in milliseconds. */
async function firstMap(page: Page, address: string): Promise<number> {
  await page.addInitScript(() => {
    const small = document.createElement('canvas');
    small.width = small.height = 24;
    const context = small.getContext('2d', { willReadFrequently: true });
    const look = (): void => {
      const points = document.querySelector<HTMLCanvasElement>('canvas.points');
      if (points && context && points.width > 1) {
        context.drawImage(points, 0, 0, 24, 24);
        if (context.getImageData(0, 0, 24, 24).data.some((value) => value > 0)) {
          (window as unknown as { firstMap: number }).firstMap = performance.now();
          return;
        }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`${address}/#map`);
  await page.waitForFunction(() => 'firstMap' in window, undefined, { timeout: 300_000 });
  return page.evaluate(() => (window as unknown as { firstMap: number }).firstMap);
}

type Gesture = 'pan' | 'zoom' | 'hover';

/** Milliseconds between frames while a hand moves: the median and the 95th percentile. */
function gesture(page: Page, what: Gesture, frames: number): Promise<[number, number]> {
  return page.evaluate(async ([what, frames]) => {
    const over = document.querySelector<HTMLCanvasElement>('canvas.over')!;
    const box = over.getBoundingClientRect();
    const [x, y] = [box.left + 0.45 * box.width, box.top + 0.5 * box.height];
    const at = (i: number): object => ({ clientX: x + 150 * Math.sin(i / 20), clientY: y + 90 * Math.sin(i / 13), pointerId: 1, bubbles: true, isPrimary: true, buttons: what === 'pan' ? 1 : 0 });
    over.setPointerCapture = () => {}; // there is no such pointer
    over.releasePointerCapture = () => {};
    const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(() => done(performance.now())));
    const times: number[] = [];
    if (what === 'pan') over.dispatchEvent(new PointerEvent('pointerdown', at(0)));
    let last = await frame();
    for (let i = 0; i < frames; ++i) {
      if (what === 'zoom') over.dispatchEvent(new WheelEvent('wheel', { clientX: x, clientY: y, deltaY: i % 60 < 30 ? -50 : 50, bubbles: true, cancelable: true }));
      else over.dispatchEvent(new PointerEvent('pointermove', at(i)));
      const now = await frame();
      times.push(now - last);
      last = now;
    }
    if (what === 'pan') over.dispatchEvent(new PointerEvent('pointerup', at(frames)));
    times.sort((a, b) => a - b);
    return [times[times.length >> 1], times[Math.floor(0.95 * times.length)]] as [number, number];
  }, [what, frames] as const);
}

async function measure(name: string, run: string, data: string): Promise<void> {
  const server = await serve('explore', run, data);
  const { page, check } = await open(work.chrome(), { width: 1200, height: 800 });
  page.setDefaultTimeout(300_000);
  const asked: number[] = [];
  page.on('requestfinished', (request) => void (/maps\/\d+\/decode/.test(request.url()) && asked.push(performance.now())));
  const first = await firstMap(page, server.address);
  await page.locator('.legend-card').waitFor();
  await rest(page);
  const [pan, zoom] = [await gesture(page, 'pan', 120), await gesture(page, 'zoom', 120)];
  await page.keyboard.press('0');
  await rest(page);
  const begin = performance.now();
  const before = asked.length;
  const hover = await gesture(page, 'hover', 240);
  const rate = (1000 * (asked.length - before)) / (performance.now() - begin);
  const ms = ([median, slow]: [number, number]): string => `${median.toFixed(0)} (${slow.toFixed(0)}) ms`;
  lines.push(`| ${name} | ${(first / 1000).toFixed(2)} s | ${ms(pan)} | ${ms(zoom)} | ${ms(hover)} | ${rate.toFixed(0)} / s |`);
  console.log(lines.at(-1));
  writeFileSync(join(kOut, 'frames.md'), `${lines.join('\n')}\n`);
  expect(pan[0]).toBeGreaterThan(0);
  check();
  await page.context().close();
  await server.stop();
}

it('70,000 pictures', async () => {
  const run = join(work.path(), 'pictures');
  await latent('train', 'fashion-mnist', '--preset', 'vae-mlp', '--epochs', '1', '--out', run);
  const server = await serve('explore', run, 'fashion-mnist'); // computes the codes, which are kept
  await server.stop();
  await measure('70,000 pictures', run, 'fashion-mnist');
});

it('a million rows', async () => {
  const run = join(work.path(), 'rows');
  await latent('train', rows('few.npy', 20_000), '--preset', 'vae-mlp', '--likelihood', 'gaussian', '--latent-dim', '4', '--epochs', '2', '--out', run);
  const all = rows('all.npy', 1_000_000);
  const server = await serve('explore', run, all);
  await server.stop();
  await measure('1,000,000 rows', run, all);
});
