// The server's API over HTTP.

import { toImage, type Backend, type MapWatcher, type Shown, type Tiles, type TrainingWatcher } from './backend';
import { readNpy, writeNpy } from './npy';
import { ApiError, type ClassProbability, type Info, type ItemInfo, type MapRequest, type MapState, type NumberArray, type TrainingState, type WordScore } from './types';

async function failure(response: Response): Promise<ApiError> {
  let message = `${response.status} ${response.statusText}`;
  try {
    const body = (await response.json()) as { error?: string };
    if (body.error) message = body.error;
  } catch {
    // No JSON: the status has to do.
  }
  return new ApiError(message, response.status);
}

/** What a diagnosis says, and what it advises. */
const noteOf = ({ what, advice }: { what: string; advice: string }): string => (advice ? `${what}; ${advice}` : what);

export class HttpBackend implements Backend {
  readonly live = true;
  private known: Info | null = null;

  /** @param base  the address of the API, without a slash at its end; @param token  empty on this machine */
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  private address(path: string): string {
    if (!this.token) return `${this.base}/${path}`;
    return `${this.base}/${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(this.token)}`;
  }

  private async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token) headers.set('Authorization', `Bearer ${this.token}`);
    let response: Response;
    try {
      response = await fetch(`${this.base}/${path}`, { ...init, headers });
    } catch {
      throw new ApiError('the server does not answer; is latent explore still running?', 0);
    }
    if (!response.ok) throw await failure(response);
    return response;
  }

  private async json<T>(path: string, init?: RequestInit): Promise<T> {
    return (await (await this.ask(path, init)).json()) as T;
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>(path, this.jsonBody(body));
  }

  private jsonBody(body: unknown): RequestInit {
    return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  }

  private async npy(path: string, init?: RequestInit): Promise<NumberArray> {
    return readNpy(await (await this.ask(path, init)).arrayBuffer());
  }

  private async floats(path: string, body: unknown): Promise<Float32Array> {
    return Float32Array.from((await this.npy(path, this.jsonBody(body))).data);
  }

  /** What an answer shows: a picture, or the values of a row. */
  private async shown(response: Response): Promise<Shown> {
    if ((response.headers.get('Content-Type') ?? '').startsWith('image/')) {
      const image = await createImageBitmap(await response.blob());
      return { kind: 'image', image, width: image.width, height: image.height };
    }
    const { values } = (await response.json()) as { values: number[] | number[][] };
    return { kind: 'values', values: Array.isArray(values[0]) ? values[0] : (values as number[]) };
  }

  async info(): Promise<Info> {
    this.known = await this.json<Info>('info');
    return this.known;
  }
  codes(): Promise<NumberArray> {
    return this.npy('codes');
  }
  async labels(): Promise<Int32Array> {
    return Int32Array.from((await this.npy('labels')).data);
  }
  colors(): ReturnType<Backend['colors']> {
    return this.json('colors');
  }
  async color(id: string): Promise<Float32Array | Int32Array> {
    return (await this.npy(`colors/${encodeURIComponent(id)}`)).data as Float32Array | Int32Array;
  }

  startMap(request: MapRequest): Promise<MapState> {
    return this.post('maps', request);
  }
  mapState(id: string): Promise<MapState> {
    return this.json(`maps/${encodeURIComponent(id)}`);
  }
  async stopMap(id: string): Promise<void> {
    await this.ask(`maps/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }
  watchMap(id: string, watcher: MapWatcher): () => void {
    const source = new EventSource(this.address(`maps/${encodeURIComponent(id)}/events`));
    const read = (event: Event): Record<string, unknown> => JSON.parse((event as MessageEvent<string>).data || '{}');
    source.addEventListener('progress', (event) => watcher.progress(read(event) as never));
    for (const end of ['done', 'stopped', 'failed'] as const) {
      source.addEventListener(end, (event) => {
        source.close();
        watcher.end(end, read(event).error as string | undefined);
      });
    }
    return () => source.close();
  }
  positions(id: string): Promise<NumberArray> {
    return this.npy(`maps/${encodeURIComponent(id)}/positions`);
  }
  async placeCode(id: string, x: number, y: number): Promise<Float32Array> {
    const { code } = await this.json<{ code: number[] }>(`maps/${encodeURIComponent(id)}/code?x=${x}&y=${y}`);
    return Float32Array.from(code);
  }
  async decodePlace(id: string, x: number, y: number): Promise<Shown> {
    return this.shown(await this.ask(`maps/${encodeURIComponent(id)}/decode?x=${x}&y=${y}`));
  }

  async thumbnails(ids: number[], size: number): Promise<Tiles> {
    const response = await this.ask(`tiles?ids=${ids.join(',')}&size=${size}`);
    const image = await createImageBitmap(await response.blob());
    return { image, tile: size, columns: Math.ceil(Math.sqrt(ids.length)) };
  }
  sample(id: number): ReturnType<Backend['sample']> {
    return this.json(`samples/${id}`);
  }
  async original(id: number): Promise<Shown> {
    const type = this.known?.look.type;
    const heard = this.heard(() => this.ask(`samples/${id}.wav`));
    if (type === 'image') return { ...(await this.shown(await this.ask(`samples/${id}.png`))), ...heard };
    const sample = await this.sample(id);
    if (type === 'word') return { kind: 'word', text: sample.word ?? `#${id}` };
    return { kind: 'values', values: sample.values ?? [], ...heard };
  }
  async item(id: number): ReturnType<Backend['item']> {
    const item = await this.json<ItemInfo & { prediction?: ClassProbability[] | { classes: ClassProbability[] } }>(`samples/${id}/item`);
    const said = item.prediction;
    const classes = said && !Array.isArray(said) ? (said as { classes: ClassProbability[] }).classes : said;
    const sure = classes && [...classes].sort((a, b) => b.probability - a.probability);
    return { ...item, neighbors: item.neighbors ?? [], code: item.code ?? [], prediction: sure };
  }
  async picture(id: number, what: 'reconstruction' | 'difference' | 'cleaned'): Promise<Shown> {
    const shown = await this.shown(await this.ask(`samples/${id}/${what}.png`));
    return what === 'reconstruction' ? { ...shown, ...this.heard(() => this.ask(`samples/${id}/reconstruction.wav`)) } : shown;
  }
  private heard(ask: () => Promise<Response>): { sound?: () => Promise<Blob> } {
    return this.known?.look.sound ? { sound: async () => (await ask()).blob() } : {};
  }
  texts(ids: number[]): ReturnType<Backend['texts']> {
    return this.json(`texts?ids=${ids.join(',')}`);
  }
  search(text: string, limit: number): ReturnType<Backend['search']> {
    return this.json(`search?q=${encodeURIComponent(text)}&limit=${limit}`);
  }
  dimensions(): ReturnType<Backend['dimensions']> {
    return this.json('dimensions');
  }

  async decode(codes: Float32Array, count: number): Promise<Shown[]> {
    const dims = codes.length / count;
    const posted = (some: Float32Array, rows: number): RequestInit => ({
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: new Blob([writeNpy(some, [rows, dims]) as BlobPart]),
    });
    const init = posted(codes, count);
    const heard = (i: number): { sound?: () => Promise<Blob> } => {
      const code = codes.slice(i * dims, (i + 1) * dims);
      return this.heard(() => this.ask('decode?as=wav', posted(code, 1)));
    };
    if (this.known?.look.type !== 'image') {
      const { values } = await this.json<{ values: number[][] }>('decode?as=json', init); // in the units of the data
      return values.map((row, i) => ({ kind: 'values', values: row, ...heard(i) }) as Shown);
    }
    const { data, shape } = await this.npy('decode?as=pixels', init);
    const size = data.length / count;
    return Array.from({ length: count }, (_, i) => {
      const values = data.subarray(i * size, (i + 1) * size);
      const [channels, height, width] = shape.length === 4 ? shape.slice(1) : [1, ...shape.slice(1)];
      return { ...toImage(values, channels, height, width, 255), ...heard(i) };
    });
  }
  private picturePost(picture: Blob): RequestInit {
    return { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: picture };
  }
  async encode(picture: Blob): Promise<Float32Array> {
    return Float32Array.from((await this.npy('encode', this.picturePost(picture))).data);
  }
  async denoise(picture: Blob): Promise<Shown> {
    return this.shown(await this.ask('denoise', this.picturePost(picture)));
  }
  async score(picture: Blob, method: string): Promise<number[]> {
    const path = method ? `score?method=${encodeURIComponent(method)}` : 'score';
    return (await this.json<{ scores: number[] }>(path, this.picturePost(picture))).scores;
  }
  async predict(picture: Blob): Promise<ClassProbability[]> {
    const answer = await this.json<{ classes: ClassProbability[] | ClassProbability[][] }>('predict', this.picturePost(picture));
    const first = answer.classes[0];
    return (Array.isArray(first) ? first : answer.classes) as ClassProbability[];
  }
  neighbors(of: { id?: number; code?: ArrayLike<number> }, k: number): ReturnType<Backend['neighbors']> {
    return this.post('neighbors', { ...(of.code ? { code: Array.from(of.code) } : { id: of.id }), k });
  }
  draw(count: number, seed: number, temperature: number, truncation: number): Promise<Float32Array> {
    return this.floats('sample', { count, seed, temperature, ...(truncation > 0 ? { truncation } : {}) });
  }
  near(code: ArrayLike<number>, count: number, spread: number, seed: number): Promise<Float32Array> {
    return this.floats('near', { code: Array.from(code), count, spread, seed });
  }
  /** The server counts steps from one code to the next. */
  private way(codes: ArrayLike<number>[], steps: number, path: string): object {
    const legs = Math.max(1, codes.length - 1);
    return { codes: codes.map((code) => Array.from(code)), steps: Math.max(2, Math.round((steps - 1) / legs) + 1), path };
  }
  interpolate(codes: ArrayLike<number>[], steps: number, path: string): Promise<Float32Array> {
    return this.floats('interpolate', this.way(codes, steps, path));
  }
  arithmetic(expression: string): ReturnType<Backend['arithmetic']> {
    return this.post('arithmetic', { expression });
  }
  attributes(): ReturnType<Backend['attributes']> {
    return this.json('attributes');
  }
  addAttribute(attribute: object): ReturnType<Backend['addAttribute']> {
    return this.post('attributes', attribute);
  }
  async removeAttribute(name: string): Promise<void> {
    await this.ask(`attributes/${encodeURIComponent(name)}`, { method: 'DELETE' });
  }
  selection(ids: number[]): ReturnType<Backend['selection']> {
    return this.post('selection', { ids });
  }
  async meanImage(ids: number[]): Promise<Shown | null> {
    if (this.known?.look.type !== 'image') return null;
    return this.shown(await this.ask('selection/mean.png', this.jsonBody({ ids })));
  }
  anomalies(method: string): ReturnType<Backend['anomalies']> {
    return this.json(method ? `anomalies?method=${encodeURIComponent(method)}` : 'anomalies');
  }
  predictions(): ReturnType<Backend['predictions']> {
    return this.json('predictions?limit=200');
  }
  private async file(address: string, body: object): Promise<Blob> {
    return (await this.ask(address, this.jsonBody(body))).blob();
  }
  strip(codes: ArrayLike<number>[], steps: number, path: string): Promise<Blob> {
    return this.file('export/strip.png', this.way(codes, steps, path));
  }
  gif(codes: ArrayLike<number>[], steps: number, path: string): Promise<Blob> {
    return this.file('export/morph.gif', this.way(codes, steps, path));
  }

  private async scored(path: string): Promise<WordScore[]> {
    const found = await this.json<{ word: string; cosine: number; id?: number }[]>(path);
    return found.map(({ word, cosine, id }) => ({ word, score: cosine, id }));
  }
  nearestWords(query: string, k: number): ReturnType<Backend['nearestWords']> {
    return this.scored(`words/nearest?q=${encodeURIComponent(query)}&k=${k}`);
  }
  analogy(a: string, b: string, c: string, k: number): ReturnType<Backend['analogy']> {
    const [qa, qb, qc] = [a, b, c].map(encodeURIComponent);
    return this.scored(`words/analogy?a=${qa}&b=${qb}&c=${qc}&k=${k}`);
  }

  async training(): ReturnType<Backend['training']> {
    const found = await this.json<TrainingState & { diagnoses?: { what: string; advice: string }[] }>('training');
    return { ...found, notes: (found.diagnoses ?? []).map(noteOf) };
  }
  watchTraining(from: number, watcher: TrainingWatcher): () => void {
    const source = new EventSource(this.address(`training/events?from=${from}`));
    const on = (name: string, act: (data: never) => void): void =>
      source.addEventListener(name, (event) => act(JSON.parse((event as MessageEvent<string>).data || '{}') as never));
    on('batch', ({ epoch, done, total, train }: { epoch: number; done: number; total: number; train: Record<string, number> }) =>
      watcher.batch({ epoch, done, total, figures: train ?? {} }));
    on('epoch', () => watcher.epoch());
    on('diagnosis', (data: { what: string; advice: string }) => watcher.note(noteOf(data)));
    on('state', ({ state }: { state: string }) => watcher.state(state));
    on('end', ({ state }: { state: string }) => {
      source.close();
      watcher.end(state);
    });
    return () => source.close();
  }
  async trainingLabels(): Promise<Int32Array> {
    return Int32Array.from((await this.npy('training/labels')).data);
  }
  async steer(action: 'pause' | 'resume' | 'stop'): Promise<void> {
    await this.ask(`training/${action}`, { method: 'POST' });
  }
  async epochPicture(epoch: number, what: 'samples' | 'reconstructions'): Promise<Shown> {
    return this.shown(await this.ask(`training/epochs/${epoch}/${what}.png`));
  }
  epochPositions(epoch: number): Promise<NumberArray> {
    return this.npy(`training/epochs/${epoch}/positions`);
  }
}
