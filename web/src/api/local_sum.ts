// Sums of codes in an exported page, read as `latent arithmetic` reads them: "#12 - label:bag + 0.5 * (#3 + label:'ankle boot')".
// SUM = PRODUCT { ("+" | "-") PRODUCT }; PRODUCT = FACTOR { "*" FACTOR | "/" NUMBER };
// FACTOR = "-" FACTOR | "(" SUM ")" | NUMBER | ITEM | LABEL. A plain number alone is a sample; in a product it multiplies.

import { ApiError } from './types';

/** How often each sample ("#12") and each class ("label:bag") counts, in the order of their first mention. */
type Linear = Map<string, number>;
/** A part of a sum: a plain number, or what is named. */
type Part = { number: number } | { named: Linear };

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  whole(): Linear {
    const sum = this.sum();
    this.blank();
    if (this.at < this.text.length) this.refuse();
    return sum;
  }

  private refuse(): never {
    const rest = this.text.slice(this.at).trim();
    if (!this.text.trim()) throw new ApiError('a sum needs at least one sample', 400);
    throw new ApiError(rest ? `cannot read the sum at "${rest}"` : 'the sum ends too early', 400);
  }
  private blank(): void {
    while (/\s/.test(this.text[this.at] ?? '')) ++this.at;
  }
  private next(sign: string): boolean {
    this.blank();
    if (this.text[this.at] !== sign) return false;
    ++this.at;
    return true;
  }
  private match(pattern: RegExp): RegExpExecArray | null {
    this.blank();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private sum(): Linear {
    const sum = scaled(this.product(), 1);
    for (;;) {
      const factor = this.next('+') ? 1 : this.next('-') ? -1 : 0;
      if (factor === 0) return sum;
      for (const [name, count] of this.product()) sum.set(name, (sum.get(name) ?? 0) + factor * count);
    }
  }

  private product(): Linear {
    const parts: Part[] = [this.factor()];
    let by = 1;
    for (;;) {
      if (this.next('*')) parts.push(this.factor());
      else if (this.next('/')) {
        const found = this.match(/\d+(?:\.\d+)?|\.\d+/y);
        if (!found) this.refuse();
        by /= Number(found[0]);
      } else break;
    }
    const named = parts.flatMap((part) => ('named' in part ? [part.named] : []));
    const numbers = parts.flatMap((part) => ('number' in part ? [part.number] : []));
    if (named.length > 1) throw new ApiError('codes are added, and multiplied by numbers, not by each other', 400);
    if (named.length === 0) {
      const last = numbers.pop() ?? 0;
      named.push(scaled(item(Math.abs(last)), Math.sign(last || 1)));
    }
    return scaled(named[0], numbers.reduce((product, number) => product * number, by));
  }

  private factor(): Part {
    if (this.next('-')) {
      const part = this.factor();
      return 'number' in part ? { number: -part.number } : { named: scaled(part.named, -1) };
    }
    if (this.next('(')) {
      const sum = this.sum();
      if (!this.next(')')) this.refuse();
      return { named: sum };
    }
    const number = this.match(/#(\d+)|\d+(?:\.\d+)?|\.\d+/y);
    if (number) return number[1] !== undefined ? { named: item(Number(number[1])) } : { number: Number(number[0]) };
    const label = this.match(/label\s*[=:]\s*(?:"([^"]+)"|'([^']+)'|([^\s+\-*/()]+))/y);
    if (!label) this.refuse();
    return { named: new Map([[`label:${label[1] ?? label[2] ?? label[3]}`, 1]]) };
  }
}

function item(number: number): Linear {
  if (!Number.isInteger(number)) throw new ApiError(`there is no sample ${number}`, 400);
  return new Map([[`#${number}`, 1]]);
}

function scaled(sum: Linear, by: number): Linear {
  return new Map([...sum].map(([name, count]) => [name, count * by]));
}

export function localSum(
  expression: string,
  z: Float32Array,
  D: number,
  labels: Int32Array,
  classes: string[],
): { code: number[]; terms: { text: string; factor: number }[] } {
  const sum = new Reader(expression).whole();
  const code = new Array<number>(D).fill(0);
  for (const [name, factor] of sum) {
    const ids = name.startsWith('#') ? [Number(name.slice(1))] : idsOf(name.slice('label:'.length), labels, classes);
    if (ids.some((id) => id * D >= z.length)) throw new ApiError(`there is no sample ${ids[0]}`, 400);
    for (const id of ids) for (let d = 0; d < D; ++d) code[d] += (factor * z[id * D + d]) / ids.length;
  }
  return { code, terms: [...sum].map(([text, factor]) => ({ text, factor })) };
}

function idsOf(name: string, labels: Int32Array, classes: string[]): number[] {
  const label = classes.findIndex((other) => other.toLowerCase() === name.toLowerCase());
  const ids: number[] = [];
  labels.forEach((value, id) => value === label && ids.push(id));
  if (label < 0 || ids.length === 0) throw new ApiError(`there is no class "${name}"`, 400);
  return ids;
}
