// A strip of pictures, made in the page.

import type { Shown } from '../api/backend';

/** All pictures beside each other, `scale` times as large. null where samples are no pictures. */
export async function stripOf(frames: Shown[], scale = 3): Promise<Blob | null> {
  const first = frames[0];
  if (first?.kind !== 'image') return null;
  const canvas = document.createElement('canvas');
  canvas.width = frames.length * first.width * scale;
  canvas.height = first.height * scale;
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.imageSmoothingEnabled = false;
  frames.forEach((frame, i) => {
    if (frame.kind === 'image') context.drawImage(frame.image, i * first.width * scale, 0, first.width * scale, canvas.height);
  });
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
}
