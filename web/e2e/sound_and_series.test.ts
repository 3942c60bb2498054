// Sounds, which can be heard, and time series, whose channels are curves.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessible, latent, open, picture, rest, serve, visit, type Server, workplace } from './support';

const kWide = { width: 1280, height: 800 };
const work = workplace();

/** A WAV of 16 bits and one channel. */
function wav(values: number[], rate: number): Buffer {
  const file = Buffer.alloc(44 + 2 * values.length);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + 2 * values.length, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(2 * values.length, 40);
  values.forEach((value, i) => file.writeInt16LE(Math.round(32767 * value), 44 + 2 * i));
  return file;
}

describe('sounds', () => {
  let server: Server;
  beforeAll(async () => {
    const tones = join(work.path(), 'tones');
    mkdirSync(tones);
    for (let i = 0; i < 24; ++i) {
      const pitch = (i % 2 ? 1500 : 300) + 20 * i;
      const tone = Array.from({ length: 2000 }, (_, t) => 0.6 * Math.exp(-t / 900) * Math.sin((2 * Math.PI * pitch * t) / 8000));
      writeFileSync(join(tones, `${i % 2 ? 'high' : 'low'}_${i}.wav`), wav(tone, 8000));
    }
    await latent('train', tones, '--label-from-name', '^([a-z]+)_', '--channels', '8,16', '--hidden', '32', '--latent-dim', '2', '--epochs', '3', '--out', join(work.path(), 'sound'));
    server = await serve('explore', join(work.path(), 'sound'), tones, '--split', 'all');
  });
  afterAll(() => server?.stop());

  it('are pictures that can be listened to, before and after the model', async () => {
    const { page, check } = await open(work.chrome(), kWide);
    await visit(page, server.address, 'map?item=3');
    await page.getByRole('button', { name: 'Listen to original' }).waitFor();
    await page.getByRole('button', { name: 'Listen to reconstruction' }).click();
    await page.getByRole('button', { name: 'Stop reconstruction' }).waitFor(); // it plays
    await page.getByRole('button', { name: 'Listen to reconstruction' }).waitFor(); // and ends
    await rest(page);
    await picture(page, 'sound-map');
    await accessible(page, 'sound-map');
    check();
    await page.context().close();
  });
});

describe('time series', () => {
  let server: Server;
  beforeAll(async () => {
    const rows = ['time,load,heat'];
    for (let t = 0; t < 900; ++t) rows.push(`${t},${(10 + 3 * Math.sin(t / 5)).toFixed(3)},${(50 + 9 * Math.cos(t / 11)).toFixed(3)}`);
    const file = join(work.path(), 'plant.csv');
    writeFileSync(file, rows.join('\n'));
    await latent('train', file, '--window', '32', '--epochs', '2', '--out', join(work.path(), 'series'));
    server = await serve('explore', join(work.path(), 'series'), file, '--split', 'all');
  });
  afterAll(() => server?.stop());

  it('are curves, one for each channel', async () => {
    const { page, check } = await open(work.chrome(), kWide);
    await visit(page, server.address, 'map?item=3');
    const original = page.getByRole('img', { name: 'original' });
    await original.waitFor();
    expect(await original.locator('polyline').count()).toBe(2);
    await rest(page);
    await picture(page, 'series-map');
    await accessible(page, 'series-map');
    check();
    await page.context().close();
  });
});
