// `latent explore --export`: one file that works from disk, and decodes what the tool decodes.

import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from '../src/api/npy';
import { readSafetensors } from '../src/api/safetensors';
import { decode, type DecoderOp } from '../src/api/decoder';
import { accessible, isPainted, latent, open, picture, rest, workplace } from './support';
import { writeFileSync } from 'node:fs';

const work = workplace();

describe.each(['vae-mlp', 'vae-conv'])('%s', (preset) => {
  let file: string;
  let run: string;
  beforeAll(async () => {
    const at = mkdtempSync(join(work.path(), 'x-'));
    run = join(at, 'run');
    file = join(at, 'page.html');
    await latent('train', 'fashion-mnist', '--preset', preset, '--epochs', '1', '--out', run);
    await latent('explore', run, 'fashion-mnist', '--split', 'test', '--export', file);
  });

  it('decodes in the page what `latent decode` decodes', async () => {
    const text = /id="latent-export">([^<]*)</.exec(readFileSync(file, 'utf8'))?.[1];
    if (!text) throw new Error('there is no export in the file');
    const { metadata, tensors } = readSafetensors(new Uint8Array(Buffer.from(text, 'base64')));
    const header = JSON.parse(metadata['latent.export']) as { decoder: DecoderOp[]; info: { run: { latent_dim: number } } };
    const D = header.info.run.latent_dim;
    const codes = tensors.get('codes')!.data as Float32Array;
    const few = codes.slice(0, 5 * D);
    const npy = join(work.path(), `${preset}-codes.npy`);
    writeFileSync(npy, writeNpy(few, [5, D]));
    await latent('decode', run, npy, '-o', join(work.path(), `${preset}.npy`), '--precision', 'f32', '--overwrite');
    const bytes = readFileSync(join(work.path(), `${preset}.npy`));
    const { data } = readNpy(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
    const scale = Math.max(...data) > 2 ? 255 : 1; // stored as bytes or as parts of 1
    for (let i = 0; i < 5; ++i) {
      const mine = decode(header.decoder, tensors, few.slice(i * D, (i + 1) * D)).data;
      expect(mine.length).toBe(data.length / 5);
      let worst = 0;
      mine.forEach((value, p) => (worst = Math.max(worst, Math.abs(value - data[i * mine.length + p] / scale))));
      // Bytes are rounded to 1/255; otherwise only the order of sums differs.
      expect(worst).toBeLessThan(scale === 255 ? 0.003 : 2e-4);
    }
  });

  it('works from disk', async () => {
    const { page, check } = await open(work.chrome(), { width: 1280, height: 800 });
    await page.goto(`${pathToFileURL(file)}#map`);
    await page.locator('.legend-card').waitFor();
    for (let i = 0; i < 10; ++i) await page.mouse.move(640 + 8 * i, 420);
    await page.locator('.dream canvas').waitFor();
    await rest(page);
    expect(await isPainted(page, 'canvas.points')).toBe(true);
    expect(await isPainted(page, '.dream canvas')).toBe(true);
    await picture(page, `export-${preset}`);
    await accessible(page, 'export');
    for (const view of ['Dimensions', 'Morph', 'Arithmetic', 'Generate']) {
      await page.locator('nav').getByText(view).click();
      await page.locator('h1', { hasText: view }).waitFor();
      await rest(page);
    }
    expect(await isPainted(page, '.wall canvas')).toBe(true);
    check();
  });
});
