// A map that is asked for, watched while it forms, and kept.

import type { MapState } from '../api/types';
import { latest } from '../logic/latest';
import { app } from './app.svelte';

export class LiveMap {
  state = $state.raw<MapState | null>(null);
  step = $state(0);
  steps = $state(0);
  problem = $state('');
  private stopWatching: (() => void) | null = null;
  private wanted = 0;
  private kept = new Map<string, Float32Array>();

  /** @param show  gets new positions, and in how many milliseconds points should glide there */
  constructor(private readonly show: (positions: Float32Array, glide: number) => void) {}

  get running(): boolean {
    return this.state?.state === 'running' || this.state?.state === 'waiting';
  }

  /** Shows a map, computing it if need be. */
  async open(method: string, options: Record<string, number | string>, seed: number): Promise<void> {
    const turn = ++this.wanted;
    this.close();
    this.problem = '';
    try {
      const state = await app.backend.startMap({ method, dims: 2, seed, ...(Object.keys(options).length ? { options } : {}) });
      if (turn !== this.wanted) return;
      const before = this.state;
      this.state = state;
      this.step = state.step ?? 0;
      this.steps = state.steps ?? 0;
      if (state.state === 'failed') throw new Error(state.error ?? 'the map failed');
      if (!this.running) {
        await this.fetch(state.id, 650, turn);
        if (state.explained === undefined) this.state = { ...state, ...(await app.backend.mapState(state.id)) };
      } else {
        this.watch(state.id, turn);
        if (!before) await this.standIn(turn);
      }
    } catch (error) {
      if (turn === this.wanted) this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  /** Neighbours take a while to be found: until then there is the map by PCA, from which points move on. */
  private async standIn(turn: number): Promise<void> {
    if (!app.info?.maps.includes('pca')) return;
    const { id, state } = await app.backend.startMap({ method: 'pca', dims: 2, seed: 0 });
    if (state !== 'done') return;
    const { data } = await app.backend.positions(id);
    if (turn === this.wanted && this.step === 0) this.show(data as Float32Array, 0);
  }

  private watch(id: string, turn: number): void {
    const update = latest<number>(async () => {
      await this.fetch(id, 220, turn).catch(() => {});
    });
    const end = (state: 'done' | 'stopped' | 'failed', error?: string): void => {
      if (turn !== this.wanted || !this.running) return;
      this.close();
      this.problem = error ?? '';
      if (this.state) this.state = { ...this.state, state };
      if (state === 'failed') return;
      void this.fetch(id, 400, turn).catch((reason) => (this.problem = String(reason.message ?? reason)));
      void app.backend.mapState(id).then((found) => turn === this.wanted && (this.state = found), () => {});
    };
    // A connection that is lost on the way may take the end with it: it is asked for now and then as well.
    const timer = window.setInterval(() => {
      void app.backend.mapState(id).then(({ state, error }) => {
        if (state !== 'running' && state !== 'waiting') end(state, error);
      }, () => {});
    }, 3000);
    const close = app.backend.watchMap(id, {
      progress: ({ step, steps, version }) => {
        if (turn !== this.wanted) return;
        this.step = step;
        this.steps = steps;
        if (version > 0 || step > 0) update(version);
      },
      end,
    });
    this.stopWatching = () => {
      clearInterval(timer);
      close();
    };
  }

  private async fetch(id: string, glide: number, turn: number): Promise<void> {
    const done = this.state?.state === 'done';
    const positions = (done && this.kept.get(id)) || ((await app.backend.positions(id)).data as Float32Array);
    if (turn !== this.wanted || this.state?.id !== id) return;
    if (done) this.kept.set(id, positions);
    this.show(positions, glide);
  }

  async stop(): Promise<void> {
    if (this.state && this.running) await app.backend.stopMap(this.state.id).catch((error) => app.fail(error));
  }

  close(): void {
    this.stopWatching?.();
    this.stopWatching = null;
  }
}
