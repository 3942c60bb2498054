// The other kinds of runs: a table, words, a classifier, a GAN.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniforms } from '../src/logic/random';
import { accessible, isPainted, latent, open, picture, rest, serve, visit, type Server, type Watched, workplace } from './support';

const kWide = { width: 1280, height: 800 };
const kNarrow = { width: 360, height: 740 };
const work = workplace();

async function at<T>(server: Server, act: (watched: Watched) => Promise<T>, size = kWide, dark = false): Promise<T> {
  const watched = await open(work.chrome(), size, dark);
  try {
    const result = await act(watched);
    watched.check();
    return result;
  } finally {
    await watched.page.context().close();
    void server;
  }
}

/** Each of the views, wide and narrow. */
async function look(server: Server, prefix: string, views: string[]): Promise<void> {
  for (const view of views) {
    const name = `${prefix}-${view.split('?')[0]}`;
    for (const [size, dark, suffix] of [[kWide, false, ''], [kNarrow, true, '-360-dark']] as const) {
      await at(server, async ({ page }) => {
        await visit(page, server.address, view);
        await rest(page);
        await picture(page, `${name}${suffix}`);
        await accessible(page, name);
      }, size, dark);
    }
  }
}

describe('a table', () => {
  let server: Server;
  beforeAll(async () => {
    const next = uniforms(4);
    const rows = ['height,weight,age,income,kind'];
    for (let i = 0; i < 900; ++i) {
      const kind = i % 3;
      const tall = 150 + 12 * kind + 14 * (next() + next() - 1);
      rows.push([tall.toFixed(1), (tall - 100 + 16 * (next() - 0.5)).toFixed(1), (20 + 50 * next()).toFixed(0), (2000 + 900 * kind + 700 * next()).toFixed(0), ['small', 'middle', 'large'][kind]].join(','));
    }
    const file = join(work.path(), 'people.csv');
    writeFileSync(file, rows.join('\n'));
    await latent('train', file, '--label-column', 'kind', '--epochs', '20', '--latent-dim', '2', '--out', join(work.path(), 'table'));
    server = await serve('explore', join(work.path(), 'table'), file, '--split', 'all');
  });
  afterAll(() => server?.stop());

  it('shows rows with the names and units of their columns', async () => {
    await at(server, async ({ page }) => {
      await visit(page, server.address, 'map?item=5');
      const row = page.locator('aside tr', { hasText: 'height' });
      await page.getByText('what the model keeps').waitFor();
      const heights = await row.locator('td').allInnerTexts();
      expect(heights.length).toBe(2);
      expect(heights.map(Number).every((height) => height > 120 && height < 220), heights.join()).toBe(true);
      expect(await isPainted(page, 'canvas.points')).toBe(true);
    });
  });
  it('has views that are fit to be seen', () => look(server, 'table', ['map?item=5', 'dimensions', 'morph?pick=1,5', 'generate', 'anomalies']));
});

describe('words', () => {
  let server: Server;
  beforeAll(async () => {
    const next = uniforms(8);
    const pick = <T,>(list: T[]): T => list[Math.floor(next() * list.length)];
    const countries: [string, string, string][] = [['france', 'paris', 'french'], ['italy', 'rome', 'italian'], ['spain', 'madrid', 'spanish'], ['japan', 'tokyo', 'japanese'], ['greece', 'athens', 'greek'], ['poland', 'warsaw', 'polish']];
    const lines: string[] = [];
    for (let i = 0; i < 9000; ++i) {
      const [country, city, people] = pick(countries);
      const animal = pick(['dog', 'cat', 'horse', 'cow', 'sheep']);
      const food = pick(['bread', 'cheese', 'apples', 'soup', 'rice']);
      lines.push(pick([`${city} is the capital of ${country} where ${people} is spoken`, `they travelled to ${country} and saw ${city}`, `the ${animal} sleeps in the barn near the ${pick(['river', 'hill', 'forest'])}`, `we ate ${food} and ${pick(['bread', 'cheese', 'soup'])} in the kitchen`, `the ${people} king ate ${food} in ${city}`, `a ${animal} ran over the hill to the forest`]));
    }
    const file = join(work.path(), 'text.txt');
    writeFileSync(file, lines.join('\n'));
    await latent('words', 'train', file, '--out', join(work.path(), 'words'), '--dim', '24', '--epochs', '10', '--window', '4', '--sample', '0');
    server = await serve('explore', join(work.path(), 'words'));
  });
  afterAll(() => server?.stop());

  it('answers for neighbours and analogies, and shows them on the map', async () => {
    await at(server, async ({ page }) => {
      await visit(page, server.address, 'words?a=france&b=paris&c=italy&word=cheese');
      await page.locator('.answer').waitFor();
      expect(await page.locator('.list').first().innerText()).toMatch(/bread|soup|apples|rice/);
      expect(await page.locator('.answer').innerText()).toMatch(/rome|italian|madrid|athens|tokyo|warsaw/);
      await rest(page);
      await picture(page, 'words-analogy');
    });
  });
  it('has views that are fit to be seen', () => look(server, 'words', ['words?a=france&b=paris&c=italy&word=cheese', 'map']));
});

describe('a classifier', () => {
  let server: Server;
  beforeAll(async () => {
    await latent('train', 'fashion-mnist', '--model', 'classifier', '--preset', 'mlp', '--epochs', '1', '--out', join(work.path(), 'classifier'));
    server = await serve('explore', join(work.path(), 'classifier'), 'fashion-mnist', '--split', 'test');
  });
  afterAll(() => server?.stop());

  it('shows what is taken for what, and its worst mistakes', async () => {
    await at(server, async ({ page }) => {
      await visit(page, server.address, 'classifier');
      await page.locator('td .wrong').first().waitFor({ timeout: 90_000 });
      const all = await page.locator('.mistake').count();
      expect(all).toBeGreaterThan(5);
      await page.locator('.mistake').first().locator('button').click();
      await page.getByText('The classifier says').waitFor();
    });
  });
  it('has views that are fit to be seen', () => look(server, 'classifier', ['classifier', 'map?item=3']));
});
