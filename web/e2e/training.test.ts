// `latent train --explore`: a model that is watched while it learns.

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessible, browser, folder, open, picture, serve, visit, type Server } from './support';

let work: ReturnType<typeof folder>;
let chrome: Browser;
let server: Server;

beforeAll(async () => {
  work = folder();
  chrome = await browser();
  server = await serve('train', 'fashion-mnist', '--preset', 'vae-mlp', '--epochs', '400', '--out', join(work.path, 'run'), '--explore');
});
afterAll(async () => {
  await chrome?.close();
  await server?.stop();
  work?.remove();
});

it('shows curves, pictures and the map as they form; pauses, goes on, looks back, stops', async () => {
  const { page, check } = await open(chrome, { width: 1280, height: 800 });
  await visit(page, server.address, 'training');
  await page.locator('.charts figure').first().waitFor({ timeout: 90_000 });
  await expect.poll(() => page.locator('#epoch').getAttribute('max').then(Number), { timeout: 60_000 }).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await page.waitForTimeout(2500);
  await picture(page, 'training');
  await accessible(page, 'training');
  const last = Number(await page.locator('#epoch').getAttribute('max'));
  await page.waitForTimeout(2500);
  expect(Number(await page.locator('#epoch').getAttribute('max'))).toBeLessThanOrEqual(last + 1);
  await page.locator('#epoch').evaluate((input: HTMLInputElement) => {
    input.value = '1';
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await page.getByText('a look back').waitFor();
  await page.waitForTimeout(2500);
  await picture(page, 'training-back');
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.getByRole('button', { name: 'Stop and save' }).click();
  await page.getByText(/^(finished|stopped)$/).waitFor({ timeout: 60_000 });
  check();
  const narrow = await open(chrome, { width: 360, height: 740 }, true);
  await visit(narrow.page, server.address, 'training');
  await narrow.page.waitForTimeout(2500);
  await picture(narrow.page, 'training-360-dark');
});
