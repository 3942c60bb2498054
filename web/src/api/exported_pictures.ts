// The small pictures of an exported page: many tiles in each of a few PNG files.

import type { Shown, Tiles } from './backend';

export interface Atlas {
  /** Pixels of the side of a tile; a picture stands in its middle. */
  tile: number;
  count: number;
  /** Tiles in each file but the last. */
  page: number;
  /** Of the pictures, which may be larger than a tile. */
  height: number;
  width: number;
}

/** Where a picture stands in its tile, and its size there. */
export function placeInTile({ tile, height, width }: Atlas): { x: number; y: number; width: number; height: number } {
  const longer = Math.max(height, width);
  const [h, w] = [height, width].map((side) => Math.max(1, Math.floor((side * tile) / longer)));
  return { x: Math.floor((tile - w) / 2), y: Math.floor((tile - h) / 2), width: w, height: h };
}

function blank(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no canvas');
  return [canvas, context];
}

export class ExportedPictures {
  private readonly pages = new Map<number, Promise<ImageBitmap>>();

  /** @param png  the bytes of a file */
  constructor(readonly atlas: Atlas, private readonly png: (page: number) => Uint8Array) {}

  /** Whether pictures are here pixel by pixel, and not only smaller. */
  get exact(): boolean {
    return Math.max(this.atlas.height, this.atlas.width) === this.atlas.tile;
  }

  private page(number: number): Promise<ImageBitmap> {
    let found = this.pages.get(number);
    if (!found) {
      found = createImageBitmap(new Blob([this.png(number) as BlobPart], { type: 'image/png' }));
      this.pages.set(number, found);
    }
    return found;
  }

  /** The picture of the file that has a sample, and where its tile begins there. */
  private async find(id: number): Promise<{ image: ImageBitmap; x: number; y: number }> {
    const { tile, count, page } = this.atlas;
    const number = Math.floor(id / page);
    const across = Math.ceil(Math.sqrt(Math.min(page, count - number * page)));
    const at = id % page;
    return { image: await this.page(number), x: (at % across) * tile, y: Math.floor(at / across) * tile };
  }

  async tiles(ids: number[], size: number): Promise<Tiles> {
    const { tile } = this.atlas;
    const columns = Math.ceil(Math.sqrt(ids.length));
    const [canvas, context] = blank(columns * size, Math.ceil(ids.length / columns) * size);
    for (const [i, id] of ids.entries()) {
      const { image, x, y } = await this.find(id);
      context.drawImage(image, x, y, tile, tile, (i % columns) * size, Math.floor(i / columns) * size, size, size);
    }
    return { image: canvas, tile: size, columns };
  }

  async original(id: number): Promise<Shown> {
    const place = placeInTile(this.atlas);
    const { image, x, y } = await this.find(id);
    const [canvas, context] = blank(place.width, place.height);
    context.drawImage(image, x + place.x, y + place.y, place.width, place.height, 0, 0, place.width, place.height);
    return { kind: 'image', image: canvas, width: place.width, height: place.height };
  }
}

/** From one picture to another of the same size: red where it is brighter, blue where it is darker, as a server draws it. */
export function difference(from: Shown, to: Shown): Shown {
  if (from.kind !== 'image' || to.kind !== 'image') throw new Error('pictures expected');
  const { width, height } = from;
  const pixels = [from, to].map(({ image }) => {
    const [, context] = blank(width, height);
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  });
  const [canvas, context] = blank(width, height);
  const result = context.createImageData(width, height);
  for (let i = 0; i < result.data.length; i += 4) {
    let change = 0;
    for (let c = 0; c < 3; ++c) change += (pixels[1][i + c] - pixels[0][i + c]) / 3;
    const rest = Math.round(255 - Math.abs(change));
    result.data.set([change >= 0 ? 255 : rest, rest, change <= 0 ? 255 : rest, 255], i);
  }
  context.putImageData(result, 0, 0);
  return { kind: 'image', image: canvas, width, height };
}
