// What all views share: where data comes from, what is known of the run, the address, the chosen sample, the picked ones.

import type { Backend } from '../api/backend';
import { ApiError, type Attribute, type ColorInfo, type Dimension, type Info, type NumberArray, type Preparing } from '../api/types';
import { whole } from '../logic/format';
import { readIds, readRoute, writeRoute } from '../logic/route';
import { Thumbs } from '../points/thumbs';

export const kViews = [
  'map', 'dimensions', 'morph', 'arithmetic', 'generate', 'draw', 'anomalies', 'words', 'classifier', 'training',
] as const;
export type ViewName = (typeof kViews)[number];

/** Which settings stand in the address in which view; the others are remembered while the page is open. */
const kParams: Record<ViewName, string[]> = {
  map: ['on', 'by', 'hide', 'cam', 'ids', 'opt'],
  dimensions: ['z', 'from'],
  morph: ['pick', 'path', 't', 'steps'],
  arithmetic: ['sum'],
  generate: ['seed', 'temp', 'trunc', 'n'],
  draw: [],
  anomalies: ['method', 'cut'],
  words: ['word', 'a', 'b', 'c'],
  classifier: ['only'],
  training: ['epoch'],
};

export type Theme = 'auto' | 'light' | 'dark';

class App {
  backend = $state.raw<Backend>(null as unknown as Backend);
  info = $state.raw<Info | null>(null);
  problem = $state('');
  view = $state<ViewName>('map');
  params = $state<Record<string, string>>({});
  theme = $state<Theme>('auto');
  dark = $state(false);
  attributes = $state.raw<Attribute[]>([]);
  /** Codes that were generated or computed and put aside, for Morph. */
  favourites = $state.raw<number[][]>([]);
  message = $state('');
  thumbs = $state.raw<Thumbs | null>(null);
  preparing = $state.raw<Preparing | null>(null);
  /** Counts what was opened: samples of one are not those of the next. */
  opened = $state(0);
  private once = new Map<string, Promise<unknown>>();

  get item(): number | null {
    const id = Number(this.params.item ?? NaN);
    return Number.isInteger(id) && id >= 0 ? id : null;
  }
  get picks(): number[] {
    return readIds(this.params.pick);
  }
  get image(): boolean {
    return this.info?.look.type === 'image';
  }

  can(capability: string): boolean {
    return this.info?.capabilities.includes(capability) ?? false;
  }

  /** Which views make sense for this run. */
  has(view: ViewName): boolean {
    const { info } = this;
    if (!info) return false;
    const data = info.data.samples > 0;
    const decoder = info.run.has_decoder && (this.can('decode') || !this.backend.live);
    switch (view) {
      case 'map': return data || !this.can('training');
      case 'dimensions': return decoder;
      case 'morph': return decoder;
      case 'arithmetic': return data && info.look.type !== 'word' && decoder;
      case 'generate': return decoder;
      case 'draw': return this.backend.live && this.image && this.can('encode');
      case 'anomalies': return this.can('anomalies') && data;
      case 'words': return this.can('words');
      case 'classifier': return this.can('predict') && data;
      case 'training': return this.can('training');
    }
  }

  async open(backend: Backend): Promise<void> {
    this.backend = backend;
    this.problem = '';
    this.once.clear();
    try {
      const info = await backend.info();
      this.take(info);
      this.await(info);
      if (!location.hash && info.data.samples === 0 && this.can('training')) this.view = 'training';
      document.title = `${info.run.name} – latent`;
      if (!this.has(this.view)) this.go(kViews.find((view) => this.has(view)) ?? 'map');
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  private take(info: Info): void {
    this.once.clear();
    const edge = Math.max(info.look.width ?? 0, info.look.height ?? 0);
    this.thumbs = info.look.type === 'image' && info.data.samples > 0 ? new Thumbs(this.backend, edge > 32 ? 64 : 32) : null;
    this.info = info;
  }

  /** Asks now and then how far the next session is, and goes over to it. */
  private await(info: Info): void {
    this.preparing = info.preparing ?? null;
    if (!this.preparing) return;
    const again = async (): Promise<void> => {
      const now = await this.backend.info().catch(() => info);
      if (isOther(now, info)) this.replace(now);
      this.await(now);
    };
    window.setTimeout(() => void again(), 1000);
  }

  /** What was chosen among the former samples means nothing any more. */
  private replace(info: Info): void {
    this.set({ item: null, ids: null, pick: null, from: null, cam: null, sum: null, hide: null, by: null });
    this.take(info);
    ++this.opened;
    this.say(`Here are the codes of ${whole(info.data.samples)} samples.`);
  }

  /** A model that has been learning can be looked at now: asks again what there is. */
  async refresh(): Promise<void> {
    const info = await this.backend.info();
    if (info.data.samples !== this.info?.data.samples) this.take(info);
  }

  /** Loads something once and keeps it. */
  private keep<T>(name: string, load: () => Promise<T>): Promise<T> {
    let found = this.once.get(name) as Promise<T> | undefined;
    if (!found) {
      found = load();
      found.catch(() => this.once.delete(name));
      this.once.set(name, found);
    }
    return found;
  }
  codes = (): Promise<NumberArray> => this.keep('codes', () => this.backend.codes());
  labels = (): Promise<Int32Array> => this.keep('labels', () => this.backend.labels());
  colors = (): Promise<ColorInfo[]> => this.keep('colors', () => this.backend.colors());
  color = (id: string): Promise<Float32Array | Int32Array> => this.keep(`color ${id}`, () => this.backend.color(id));
  dimensions = (): Promise<Dimension[]> => this.keep('dimensions', () => this.backend.dimensions());

  /** The code of a sample. */
  async code(id: number): Promise<Float32Array> {
    const { data, shape } = await this.codes();
    return Float32Array.from(data.subarray(id * shape[1], (id + 1) * shape[1]));
  }
  label = async (id: number): Promise<string> => {
    const label = (await this.labels())[id];
    return label >= 0 ? (this.info?.data.classes[label] ?? String(label)) : '';
  };

  readAddress(): void {
    const { view, params } = readRoute(location.hash, kViews);
    this.view = view as ViewName;
    for (const name of [...kParams[this.view], 'item']) {
      if (params[name] === undefined) delete this.params[name];
    }
    Object.assign(this.params, params);
    if (this.info && !this.has(this.view)) this.go('map');
  }

  private address(): string {
    const params: Record<string, string> = {};
    for (const name of [...kParams[this.view], 'item']) if (this.params[name]) params[name] = this.params[name];
    return writeRoute({ view: this.view, params });
  }

  go(view: ViewName): void {
    this.view = view;
    this.message = '';
    const address = this.address();
    if (address !== location.hash) history.pushState(null, '', address);
  }

  /** Sets values of the address; an empty one goes. */
  set(values: Record<string, string | number | null>): void {
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === '') delete this.params[name];
      else this.params[name] = String(value);
    }
    history.replaceState(null, '', this.address());
  }

  select(id: number | null): void {
    this.set({ item: id });
  }

  togglePick(id: number): void {
    const picks = this.picks.includes(id) ? this.picks.filter((other) => other !== id) : [...this.picks, id].slice(-4);
    this.set({ pick: picks.join(',') });
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    try {
      localStorage.setItem('latent-theme', theme);
    } catch {
      // A page from disk may not keep anything.
    }
    this.applyTheme();
  }

  applyTheme(): void {
    this.dark = this.theme === 'dark' || (this.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.dataset.theme = this.dark ? 'dark' : 'light';
  }

  startTheme(): void {
    try {
      const kept = localStorage.getItem('latent-theme');
      if (kept === 'light' || kept === 'dark') this.theme = kept;
    } catch {
      // As above.
    }
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.applyTheme());
    this.applyTheme();
  }

  async loadAttributes(): Promise<void> {
    try {
      this.attributes = await this.backend.attributes();
    } catch {
      this.attributes = [];
    }
  }

  /** One line at the foot of the page, for a while. */
  say(text: string): void {
    this.message = text;
    window.setTimeout(() => {
      if (this.message === text) this.message = '';
    }, 6000);
  }

  fail(error: unknown): void {
    this.say(error instanceof ApiError || error instanceof Error ? error.message : String(error));
  }
}

const isOther = (a: Info, b: Info): boolean => a.data.name !== b.data.name || a.data.samples !== b.data.samples;

export const app = new App();
