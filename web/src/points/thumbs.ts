// Small pictures of samples, fetched many at a time when they are asked for.

import type { Backend, Tiles } from '../api/backend';

export interface Thumb {
  image: CanvasImageSource;
  x: number;
  y: number;
  size: number;
}

const kBatch = 256; // ids in one request
const kMostBatches = 48; // kept; the oldest go first

export class Thumbs {
  private readonly known = new Map<number, Thumb>();
  private readonly batches: number[][] = [];
  private readonly wanted = new Set<number>();
  private readonly listeners = new Set<() => void>();
  private loading = 0;
  private timer = 0;

  constructor(
    private readonly backend: Backend,
    readonly size: number,
  ) {}

  /** The picture if it is here; otherwise it is fetched, and listeners hear of it. */
  get(id: number): Thumb | undefined {
    const found = this.known.get(id);
    if (!found && !this.wanted.has(id)) {
      this.wanted.add(id);
      if (!this.timer) this.timer = window.setTimeout(() => this.fetch(), 16);
    }
    return found;
  }

  /** The picture if it is here. */
  peek(id: number): Thumb | undefined {
    return this.known.get(id);
  }

  listen(heard: () => void): () => void {
    this.listeners.add(heard);
    return () => this.listeners.delete(heard);
  }

  private fetch(): void {
    this.timer = 0;
    while (this.loading < 2) {
      const ids = [...this.wanted].filter((id) => id >= 0).slice(-kBatch);
      if (ids.length === 0) return;
      ids.forEach((id) => this.wanted.delete(id));
      ++this.loading;
      this.backend
        .thumbnails(ids, this.size)
        .then((tiles) => this.keep(ids, tiles))
        .catch(() => {})
        .finally(() => {
          --this.loading;
          this.fetch();
        });
    }
  }

  private keep(ids: number[], { image, tile, columns }: Tiles): void {
    ids.forEach((id, i) => this.known.set(id, { image, x: (i % columns) * tile, y: Math.floor(i / columns) * tile, size: tile }));
    this.batches.push(ids);
    if (this.batches.length > kMostBatches) this.batches.shift()?.forEach((id) => this.known.delete(id));
    this.listeners.forEach((heard) => heard());
  }
}
