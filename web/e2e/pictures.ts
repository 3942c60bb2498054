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

/** Something on the map near the middle, as a place on the screen. */
function nearMiddle(page: Page): Promise<[number, number]> {
  return page.evaluate(() => {
    const points = document.querySelector<HTMLCanvasElement>('canvas.points')!;
    const { width, height } = points;
    const pixels = points.getContext('2d')!.getImageData(0, 0, width, height).data;
    const box = points.getBoundingClientRect();
    let best = [width / 2, height / 2, Infinity];
    for (let y = 4; y < height - 4; ++y) {
      for (let x = 4; x < width - 4; ++x) {
        // In the midst of points: all around it is painted.
        const painted = [[0, 0], [4, 0], [-4, 0], [0, 4], [0, -4]].every(([dx, dy]) => pixels[4 * ((y + dy) * width + x + dx) + 3] > 200);
        const distance = Math.hypot(x - width / 2, y - height / 2);
        if (painted && distance < best[2]) best = [x, y, distance];
      }
    }
    return [box.left + (best[0] * box.width) / width, box.top + (best[1] * box.height) / height];
  });
}

/** A boot with a heel, in strokes of the mouse. */
async function drawBoot(page: Page): Promise<void> {
  const paper = await page.locator('.paper').boundingBox();
  if (!paper) throw new Error('no paper');
  await page.getByLabel('Brush').fill('44');
  const strokes = [[[185, 70], [270, 70]], [[190, 85], [205, 200]], [[225, 85], [235, 220]], [[262, 85], [262, 225]], [[190, 140], [130, 190], [55, 208]], [[45, 220], [265, 225]], [[40, 236], [265, 240]], [[215, 258], [265, 258]]];
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
  await page.mouse.move(400, 20); // over nothing
  await page.locator('aside .neighbors').waitFor();
  await rest(page);
  await shot('item');
  await visit(page, server.address, 'map?on=umap');
  await page.locator('.progress').waitFor();
  await page.locator('.progress').waitFor({ state: 'detached', timeout: 900_000 });
  await rest(page);
  await shot('umap');
  await page.mouse.move(...(await nearMiddle(page)));
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
  await page.setViewportSize({ width: size.width, height: 1240 }); // down to what it draws
  await page.waitForTimeout(3000);
  await shot('training');
  await chrome.close();
  await training.stop();
});
