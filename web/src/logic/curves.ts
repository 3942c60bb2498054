// From the history of a training to curves: every figure of every epoch.

import type { Epoch } from '../api/types';

export interface Curve {
  name: string;
  values: (number | null)[];
}

export interface Curves {
  title: string;
  lines: Curve[];
}

function flatten(entry: Record<string, unknown>, prefix: string, into: Map<string, number>): void {
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value === 'number' && Number.isFinite(value)) into.set(prefix + name, value);
    else if (value && typeof value === 'object' && !Array.isArray(value)) flatten(value as Record<string, unknown>, `${prefix}${name} `, into);
  }
}

/** What is not a curve: counters and clocks. */
/** What people look at first. */
const kFirst = ['loss', 'reconstruction', 'kl', 'elbo'];
const kLeftOut = /(^|\s)(lr|epoch|epochs|seconds|time|step|steps|samples|samples_per_second|batch|number)$/;

/** One group for each figure, training and test together; the figure alone names the group. */
export function curvesOf(history: Epoch[]): { x: number[]; groups: Curves[] } {
  const figures = history.map((entry) => {
    const found = new Map<string, number>();
    flatten(entry as Record<string, unknown>, '', found);
    return found;
  });
  const names = [...new Set(figures.flatMap((found) => [...found.keys()]))].filter((name) => !kLeftOut.test(name));
  const groups = new Map<string, Curve[]>();
  for (const name of names) {
    const title = name.replace(/^(train|test|validation|held_out)[ _]/, '').replaceAll('_', ' ');
    const values = figures.map((found) => found.get(name) ?? null);
    const shown = name.replaceAll('_', ' ');
    groups.set(title, [...(groups.get(title) ?? []), { name: /^(train|test|validation|held out) /.exec(shown)?.[1] ?? shown, values }]);
  }
  const place = (title: string): number => (kFirst.includes(title) ? kFirst.indexOf(title) : kFirst.length);
  const all = [...groups].map(([title, lines]) => ({ title, lines })).sort((a, b) => place(a.title) - place(b.title));
  return { x: history.map(({ epoch }) => epoch), groups: all };
}

/** The newest list of KL by dimension. */
export function klPerDim(history: Epoch[], at: number): number[] {
  const find = (entry: unknown): number[] | null => {
    if (!entry || typeof entry !== 'object') return null;
    for (const [name, value] of Object.entries(entry)) {
      if (name === 'kl_per_dim' && Array.isArray(value)) return value as number[];
      const inside = Array.isArray(value) ? null : find(value);
      if (inside) return inside;
    }
    return null;
  };
  for (let i = Math.min(at, history.length - 1); i >= 0; --i) {
    const found = find(history[i]);
    if (found) return found;
  }
  return [];
}
