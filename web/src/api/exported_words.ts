// Questions to word vectors in an exported page, by cosines, as a server answers them.

import { nearest } from '../logic/nearest';
import { ApiError, type WordScore } from './types';

export class ExportedWords {
  private readonly ids: Map<string, number>;
  private readonly lengths: Float32Array;

  /** @param z (words, D) */
  constructor(private readonly words: string[], private readonly z: Float32Array, private readonly D: number) {
    this.ids = new Map(words.map((word, id) => [word, id]));
    this.lengths = Float32Array.from(words, (_, id) => Math.hypot(...this.vector(id)) || 1);
  }

  nearest(word: string, k: number): WordScore[] {
    const id = this.id(word);
    return this.nearestTo(this.unit(id), k, [id]);
  }

  /** What is to c as b is to a: the words nearest to b - a + c, each of length 1, without the three. */
  analogy(a: string, b: string, c: string, k: number): WordScore[] {
    const ids = [a, b, c].map((word) => this.id(word));
    const [ua, ub, uc] = ids.map((id) => this.unit(id));
    return this.nearestTo(ua.map((value, d) => ub[d] - value + uc[d]), k, ids);
  }

  private id(word: string): number {
    const found = this.ids.get(word) ?? this.ids.get(word.toLowerCase());
    if (found === undefined) throw new ApiError(`"${word}" is not among the ${this.words.length} words of this page`, 404);
    return found;
  }
  private vector(id: number): Float32Array {
    return this.z.subarray(id * this.D, (id + 1) * this.D);
  }
  private unit(id: number): number[] {
    return Array.from(this.vector(id), (value) => value / this.lengths[id]);
  }
  private nearestTo(wanted: number[], k: number, leftOut: number[]): WordScore[] {
    const length = Math.hypot(...wanted) || 1;
    const { z, D } = this;
    const found = nearest(this.words.length, k, (id) => {
      if (leftOut.includes(id)) return Infinity;
      let dot = 0;
      for (let d = 0, at = id * D; d < D; ++d, ++at) dot += z[at] * wanted[d];
      return 1 - dot / (length * this.lengths[id]);
    });
    return found.map(({ id, distance }) => ({ word: this.words[id], score: 1 - distance, id }));
  }
}
