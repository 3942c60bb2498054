// Takes the pictures of docs/explore.md, and the frames of its GIF.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { browser, kOut, open, rest, serve, visit } from './support';

const run = process.env.LATENT_RUN ?? '';
const shots = join(kOut, 'shots');
const frames = join(kOut, 'frames');
const size = { width: 1120, height: 700 };

/** A boot with a heel, in strokes of the mouse. */
async function drawBoot(page: Page): Promise<void> {
  const paper = await page.locator('.paper').boundingBox();
  if (!paper) throw new Error('no paper');
  await page.getByLabel('Brush').fill('44');
  const strokes = [[[120, 60], [190, 60]], [[125, 80], [125, 250]], [[160, 80], [165, 250]], [[190, 70], [190, 200], [280, 240]], [[110, 262], [290, 262]], [[115, 240], [270, 245]], [[118, 285], [140, 285]]];
  for (const [start, ...rests] of strokes) {
    await page.mouse.move(paper.x + start[0], paper.y + start[1]);
    await page.mouse.down();
    for (const [x, y] of rests) await page.mouse.move(paper.x + x, paper.y + y, { steps: 10 });
    await page.mouse.up();
  }
}

it('takes the pictures', async () => {
  mkdirSync(shots, { recursive: true });
  mkdirSync(frames, { recursive: true });
  const server = await serve('explore', run, 'fashion-mnist');
  const chrome = await browser();
  const { page, check } = await open(chrome, size);
  page.setDefaultTimeout(600_000); // on a machine that is busy, a picture takes its time
  const shot = async (name: string): Promise<void> => void (await page.screenshot({ timeout: 0, path: join(shots, `${name}.png`) }));

  await visit(page, server.address, 'map');
  await page.locator('.legend-card').waitFor();
  await rest(page);
  await shot('map');
  for (let i = 0; i < 36; ++i) {
    const angle = (i / 36) * 2 * Math.PI;
    await page.mouse.move(560 + 190 * Math.cos(angle), 390 + 150 * Math.sin(2 * angle));
    await page.waitForTimeout(120);
    await page.screenshot({ timeout: 0, path: join(frames, `${String(i).padStart(3, '0')}.png`) });
  }
  await visit(page, server.address, 'map?item=42');
  await page.locator('aside .neighbors').waitFor();
  await rest(page);
  await shot('item');
  await visit(page, server.address, 'map?on=umap');
  await page.locator('.progress').waitFor();
  await page.locator('.progress').waitFor({ state: 'detached', timeout: 900_000 });
  await rest(page);
  await shot('umap');
  await page.mouse.move(560, 380);
  for (let i = 0; i < 9; ++i) {
    await page.mouse.wheel(0, -200);
    await page.waitForTimeout(80);
  }
  await rest(page);
  await page.waitForTimeout(1500);
  await shot('zoomed');
  for (const [view, selector] of [['dimensions', '.dimension canvas >> nth=20'], ['morph?pick=0,1,18&t=0.3', '.film canvas >> nth=11'], ['anomalies?method=combined', '.wall']]) {
    await visit(page, server.address, view);
    await page.locator(selector).first().waitFor({ timeout: 300_000 });
    await rest(page);
    await shot(view.split('?')[0]);
  }
  await visit(page, server.address, 'draw');
  await rest(page);
  await drawBoot(page);
  await page.getByText('Nearest samples').waitFor();
  await rest(page);
  await shot('draw');
  check();
  await server.stop();

  const training = await serve('train', 'fashion-mnist', '--preset', 'vae-mlp', '--epochs', '200', '--out', join(kOut, 'learning'), '--explore');
  await visit(page, training.address, 'training');
  await expect.poll(() => page.locator('#epoch').getAttribute('max').then(Number), { timeout: 200_000 }).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForTimeout(3000);
  await shot('training');
  await chrome.close();
  await training.stop();
});
