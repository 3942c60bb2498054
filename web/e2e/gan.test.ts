// A GAN with data: codes are searched for, and the page does not wait for them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeNpy } from '../src/api/npy';
import { uniforms } from '../src/logic/random';
import { accessible, latent, open, picture, rest, serve, visit, workplace } from './support';

const work = workplace();

it('shows what the generator makes until the codes of the data are found, and goes over to them', async () => {
  const next = uniforms(5);
  const [count, side] = [1500, 16];
  const values = new Float32Array(count * side * side);
  for (let n = 0; n < count; ++n) {
    const [x, y, r] = [side * (0.3 + 0.4 * next()), side * (0.3 + 0.4 * next()), side * (0.1 + 0.2 * next())];
    for (let i = 0; i < side * side; ++i) values[n * side * side + i] = Math.hypot((i % side) - x, Math.floor(i / side) - y) < r ? 1 : 0;
  }
  const file = join(work.path(), 'discs.npy');
  writeFileSync(file, writeNpy(values, [count, side, side]));
  const run = join(work.path(), 'gan');
  await latent('train', file, '--preset', 'gan-mlp', '--epochs', '1', '--out', run);
  const server = await serve('explore', run, file, '--inversion-steps', '600');
  const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
  await visit(page, server.address, 'map?item=9');
  await page.getByText(/Searching for the codes of 1,500 samples of discs.npy: .*Until then you see samples that the generator makes/).waitFor();
  await page.getByText('5,000 generated samples').waitFor();
  await page.locator('aside').getByText('Nearest in the latent space').waitFor();
  await rest(page);
  await picture(page, 'gan-searching');
  await accessible(page, 'gan-searching');
  await page.getByText('1,500 samples of discs.npy', { exact: false }).and(page.locator('.about')).waitFor({ timeout: 110_000 });
  await page.getByText('Here are the codes of 1,500 samples').waitFor();
  expect(await page.locator('.preparing').count()).toBe(0);
  expect(await page.locator('aside').count()).toBe(0); // sample 9 was another one
  await page.locator('.legend-card').waitFor();
  await rest(page);
  await picture(page, 'gan-found');
  await page.locator('nav').getByText('Anomalies').click();
  await page.getByText('how badly it is reconstructed').waitFor();
  await page.getByRole('heading', { name: 'The oddest' }).waitFor({ timeout: 20_000 }); // by the codes that are known
  check();
  expect(server.said()).toContain('the code of each of 1,500 samples is searched for');
  await server.stop();
  const again = await serve('explore', run, file, '--inversion-steps', '600'); // now they are kept
  expect(again.said()).not.toContain('searched for');
  await again.stop();
}, 240_000);
