// A VAE of images: every view that it has, as a person goes through them.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessible, browser, folder, frameTimes, isPainted, kOut, latent, open, picture, rest, serve, visit, type Server, type Watched } from './support';

const kWide = { width: 1280, height: 800 };
const kNarrow = { width: 360, height: 740 };
const views = ['map', 'dimensions', 'morph?pick=3,40', 'arithmetic', 'generate', 'draw', 'anomalies'];

let work: ReturnType<typeof folder>;
let server: Server;
let chrome: Browser;
let wide: Watched;

beforeAll(async () => {
  work = folder();
  await latent('train', 'fashion-mnist', '--preset', 'vae-mlp', '--epochs', '2', '--out', join(work.path, 'run'));
  server = await serve('explore', join(work.path, 'run'), 'fashion-mnist', '--split', 'test');
  chrome = await browser();
  wide = await open(chrome, kWide);
});
afterAll(async () => {
  await chrome?.close();
  await server?.stop();
  work?.remove();
});

describe('the map', () => {
  it('shows every sample at once, coloured by label, and a legend that filters', async () => {
    const { page } = wide;
    await visit(page, server.address, 'map');
    await page.locator('.legend-card').waitFor();
    await rest(page);
    expect(await isPainted(page, 'canvas.points')).toBe(true);
    await picture(page, 'map');
    const first = page.locator('.legend-card li button').first();
    await first.click();
    await expect.poll(() => page.url()).toContain('hide=0');
    expect(await first.getAttribute('aria-pressed')).toBe('false');
    await page.getByText('show all').click();
    wide.check();
  });

  it('decodes the place under the pointer, and names the sample there', async () => {
    const { page } = wide;
    const asked = page.waitForResponse((response) => /maps\/[^/]+\/decode/.test(response.url()) && response.ok());
    for (let i = 0; i < 20; ++i) await page.mouse.move(560 + 12 * i, 420);
    await asked;
    await rest(page);
    expect(await isPainted(page, '.dream canvas')).toBe(true);
    await picture(page, 'map-hover');
    wide.check();
  });

  it('opens a sample by a click, and the address brings it back', async () => {
    const { page } = wide;
    await visit(page, server.address, 'map?item=42');
    await page.locator('aside').getByText('Nearest in the latent space').waitFor();
    await rest(page);
    for (const name of ['original', 'reconstruction', 'difference']) expect(await isPainted(page, `aside canvas[aria-label="${name}"]`), name).toBe(true);
    expect(await page.locator('aside .neighbors button').count()).toBeGreaterThan(5);
    await accessible(page, 'item');
    await picture(page, 'item');
    await page.locator('aside .neighbors button').first().click();
    await expect.poll(() => page.url()).not.toContain('item=42');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.url()).not.toContain('item=');
    wide.check();
  });

  it('gives pictures in place of dots where there is room', async () => {
    const { page } = wide;
    await visit(page, server.address, 'map');
    await rest(page);
    const asked = page.waitForResponse((response) => response.url().includes('tiles?') && response.ok());
    await page.mouse.move(700, 430);
    for (let i = 0; i < 6; ++i) {
      await page.mouse.wheel(0, -240);
      await page.waitForTimeout(60);
    }
    await asked;
    await rest(page);
    await picture(page, 'map-zoomed');
    expect(page.url()).toContain('cam=');
    wide.check();
  });

  it('takes a lasso: how many, their mean, their centre, and an attribute', async () => {
    const { page } = wide;
    await visit(page, server.address, 'map');
    await rest(page);
    await page.getByRole('button', { name: 'Lasso' }).click();
    const at = (angle: number): [number, number] => [700 + 150 * Math.cos(angle), 420 + 150 * Math.sin(angle)];
    await page.mouse.move(...at(0));
    await page.mouse.down();
    for (let i = 1; i <= 24; ++i) await page.mouse.move(...at((i * Math.PI) / 12));
    await page.mouse.up();
    const panel = page.locator('.selection');
    await panel.getByText('selected').waitFor();
    await panel.locator('canvas').nth(1).waitFor();
    await rest(page);
    await picture(page, 'map-lasso');
    const download = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Numbers' }).click();
    const lines = readFileSync(await (await download).path(), 'utf8').trim().split('\n');
    const count = Number((await panel.locator('h2').innerText()).replace(/\D/g, ''));
    expect(lines.length).toBe(count + 1);
    await panel.getByLabel('Name of the attribute').fill('middle');
    await panel.getByRole('button', { name: 'Keep as attribute' }).click();
    await page.getByText('is now a slider in Arithmetic').waitFor();
    wide.check();
  });

  it('forms UMAP in sight, step by step', async () => {
    const { page } = wide;
    const changes = page.waitForResponse((response) => response.url().includes('/events'));
    await visit(page, server.address, 'map?on=umap');
    await changes;
    await page.getByText('UMAP is forming').waitFor();
    await page.waitForTimeout(1500);
    await picture(page, 'map-forming');
    await page.locator('.progress').waitFor({ state: 'detached', timeout: 400_000 });
    await rest(page);
    await picture(page, 'map-umap');
    const asked = page.waitForResponse((response) => /decode/.test(response.url()) && response.ok());
    for (let i = 0; i < 8; ++i) await page.mouse.move(640 + 10 * i, 400);
    await asked;
    wide.check();
  }, 500_000);

  it('finds samples by number and by label', async () => {
    const { page } = wide;
    await visit(page, server.address, 'map');
    await page.keyboard.press('/');
    await page.keyboard.type('77');
    await page.locator('#search-results button').first().waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain('item=77');
    wide.check();
  });
});

describe('the other views', () => {
  it('dimensions: a slider changes the picture, and the code stands in the address', async () => {
    const { page } = wide;
    await visit(page, server.address, 'dimensions');
    await page.locator('.dimension canvas').nth(20).waitFor();
    await rest(page);
    const before = await page.locator('.result canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await page.locator('.dimension input').first().evaluate((input: HTMLInputElement) => {
      input.value = input.max;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await rest(page);
    await expect.poll(() => page.locator('.result canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())).not.toBe(before);
    await expect.poll(() => page.url()).toContain('z=');
    await page.getByRole('button', { name: 'Random' }).click();
    await rest(page);
    wide.check();
  });

  it('morph: plays, and exports GIF, strip and codes', async () => {
    const { page } = wide;
    await visit(page, server.address, 'morph?pick=3,40,7');
    await page.locator('.film canvas').nth(11).waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForTimeout(500);
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => page.url()).toContain('t=0.');
    for (const [button, magic] of [['GIF', 'GIF89a'], ['PNG strip', '\x89PNG'], ['Codes', '\x93NUMPY']] as const) {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: button }).click();
      const bytes = readFileSync(await (await download).path());
      expect(bytes.toString('latin1', 0, magic.length), button).toBe(magic);
    }
    wide.check();
  });

  it('arithmetic: a sum, its nearest samples, and attributes as sliders', async () => {
    const { page } = wide;
    await visit(page, server.address, 'arithmetic');
    await page.getByRole('heading', { name: 'Nearest real samples' }).waitFor();
    await page.getByLabel('Name of the attribute').fill('sleeves');
    await page.getByRole('button', { name: 'Add attribute' }).click();
    await page.locator('.attribute', { hasText: 'sleeves' }).waitFor();
    await page.locator('.attribute', { hasText: 'sleeves' }).locator('input').evaluate((input: HTMLInputElement) => {
      input.value = '2';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await rest(page);
    await picture(page, 'arithmetic-attribute');
    wide.check(); // a sum that is wrong says so in one line; the browser tells of the 400
    await page.getByLabel('Sum', { exact: true }).fill('0 - nothing');
    await page.getByText('This sum cannot be computed').waitFor();
  });

  it('generate: new samples, a favourite, more like one', async () => {
    wide = await open(chrome, kWide);
    const { page } = wide;
    await visit(page, server.address, 'generate');
    await page.locator('.wall canvas').nth(40).waitFor();
    const truncated = page.waitForRequest((request) => request.url().endsWith('/sample') && request.postDataJSON().truncation === 0.5);
    await page.getByLabel('Truncation').fill('0.5');
    await page.getByLabel('Truncation').dispatchEvent('change');
    await truncated;
    await page.locator('.wall canvas').nth(40).waitFor();
    await page.locator('.wall .picture').nth(3).click();
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('heading', { name: 'Favourites' }).waitFor();
    await page.getByRole('button', { name: 'More like this' }).click();
    await page.getByText('Neighbours of the sample that you chose').waitFor();
    await rest(page);
    await picture(page, 'generate-more');
    wide.check();
  });

  it('draw: the model answers while one draws', async () => {
    const { page } = wide;
    await visit(page, server.address, 'draw');
    const paper = await page.locator('.paper').boundingBox();
    if (!paper) throw new Error('no paper');
    await page.mouse.move(paper.x + 130, paper.y + 60);
    await page.mouse.down();
    for (const [x, y] of [[130, 260], [90, 260], [90, 290], [240, 290], [240, 250], [180, 220], [180, 60], [130, 60]]) await page.mouse.move(paper.x + x, paper.y + y, { steps: 6 });
    await page.mouse.up();
    await page.locator('.results canvas').first().waitFor();
    await page.getByText('Nearest samples').waitFor();
    await rest(page);
    expect(await isPainted(page, '.results canvas')).toBe(true);
    await picture(page, 'draw-drawn');
    wide.check();
  });

  it('anomalies: ranked, a threshold that moves, and a file of those above it', async () => {
    const { page } = wide;
    await visit(page, server.address, 'anomalies');
    await page.getByRole('heading', { name: 'The oddest' }).waitFor({ timeout: 90_000 });
    await page.getByLabel('Threshold').evaluate((input: HTMLInputElement) => {
      input.value = String(Number(input.min) + 0.8 * (Number(input.max) - Number(input.min)));
      input.dispatchEvent(new Event('input', { bubbles: true }));
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await expect.poll(() => page.url()).toContain('cut=');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: /Save the/ }).click();
    const scores = readFileSync(await (await download).path(), 'utf8').trim().split('\n').slice(1).map((line) => Number(line.split(',')[1]));
    expect(scores.length).toBeGreaterThan(0);
    for (let i = 1; i < scores.length; ++i) expect(scores[i]).toBeLessThanOrEqual(scores[i - 1]);
    wide.check();
  });
});

describe('every view', () => {
  it.each(views)('%s is readable wide and narrow, dark and light, and axe finds nothing serious', async (view) => {
    const name = view.split('?')[0];
    for (const [size, dark, suffix] of [[kWide, false, ''], [kWide, true, '-dark'], [kNarrow, false, '-360'], [kNarrow, true, '-360-dark']] as const) {
      const watched = await open(chrome, size, dark);
      await visit(watched.page, server.address, view);
      await rest(watched.page);
      await picture(watched.page, `${name}${suffix}`);
      if (suffix === '' || suffix === '-dark' || suffix === '-360') await accessible(watched.page, `${name}${suffix}`);
      watched.check();
      await watched.page.context().close();
    }
  });
});

describe('speed', () => {
  it('a pointer that passes over the map neither draws the points again nor fetches the pictures of what it passes', async () => {
    const watched = await open(chrome, kWide);
    const { page } = watched;
    await visit(page, server.address, 'map');
    await page.locator('.legend-card').waitFor();
    await rest(page);
    let tiles = 0;
    page.on('request', (request) => void (request.url().includes('tiles?') && ++tiles));
    const drawn = await page.evaluate(async () => {
      const points = document.querySelector<HTMLCanvasElement>('canvas.points')!;
      const over = document.querySelector<HTMLCanvasElement>('canvas.over')!;
      const context = points.getContext('2d')!;
      const put = context.putImageData.bind(context);
      let count = 0;
      context.putImageData = ((...given: [ImageData, number, number]) => (++count, put(...given))) as typeof context.putImageData;
      for (let i = 0; i < 40; ++i) {
        over.dispatchEvent(new PointerEvent('pointermove', { clientX: 500 + 8 * i, clientY: 400, pointerId: 1, bubbles: true }));
        await new Promise((done) => requestAnimationFrame(done));
      }
      const passed = count;
      over.dispatchEvent(new WheelEvent('wheel', { clientX: 700, clientY: 400, deltaY: -50, bubbles: true, cancelable: true }));
      await new Promise((done) => setTimeout(done, 300));
      return [passed, count];
    });
    expect(drawn[0]).toBe(0);
    expect(drawn[1]).toBeGreaterThan(0);
    expect(tiles).toBeLessThan(5);
    watched.check();
  });

  it('pan, zoom and decode under the pointer: measured, and smooth enough', async () => {
    const watched = await open(chrome, kWide);
    const { page } = watched;
    await visit(page, server.address, 'map');
    await rest(page);
    const pan = await frameTimes(page, async (i) => {
      if (i === 0) await page.mouse.down();
      await page.mouse.move(600 + 4 * (i % 40), 400);
      if (i === 79) await page.mouse.up();
    }, 80);
    const zoom = await frameTimes(page, (i) => page.mouse.wheel(0, i % 40 < 20 ? -60 : 60), 80);
    const decode = await frameTimes(page, async (i) => {
      await page.mouse.move(500 + 3 * (i % 100), 380 + (i % 7));
      await page.waitForTimeout(8);
    }, 60);
    // What the page does for each place, as fast as answers come: ask, read the picture, draw it.
    const rate = await page.evaluate(async () => {
      const { id } = await (await fetch('/api/v1/maps', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"method":"pca"}' })).json();
      const canvas = document.createElement('canvas');
      const begin = performance.now();
      for (let i = 0; i < 60; ++i) {
        const answer = await fetch(`/api/v1/maps/${id}/decode?x=${Math.cos(i / 9)}&y=${Math.sin(i / 9)}`);
        canvas.getContext('2d')?.drawImage(await createImageBitmap(await answer.blob()), 0, 0);
      }
      return 60_000 / (performance.now() - begin);
    });
    const figures = { samples: 10000, milliseconds_per_frame: { pan, zoom, decode }, decoded_per_second: Math.round(rate) };
    writeFileSync(join(kOut, 'frames.json'), JSON.stringify(figures, null, 2));
    console.log(JSON.stringify(figures));
    // Generous: tests share two processors with others. What a free machine reaches stands in docs/design.md.
    expect(pan[0]).toBeLessThan(100);
    expect(zoom[0]).toBeLessThan(100);
    expect(rate).toBeGreaterThan(8);
    watched.check();
  });
});
