// Sums of codes in an exported page: "12 - 7 + 0.5 label=bag". Numbers are samples, label=NAME is the mean of a class.

import { ApiError } from './types';

export function localSum(
  expression: string,
  z: Float32Array,
  D: number,
  labels: Int32Array,
  classes: string[],
): { code: number[]; terms: { text: string; factor: number }[] } {
  const code = new Array<number>(D).fill(0);
  const terms: { text: string; factor: number }[] = [];
  const pattern = /\s*([+-]?)\s*(?:(\d*\.\d+)\s*\*?\s*)?(?:#?(\d+)|label[=:]\s*("[^"]+"|'[^']+'|[^+\s]+))\s*/gy;
  let at = 0;
  while (at < expression.length) {
    pattern.lastIndex = at;
    const found = pattern.exec(expression);
    if (!found || found[0] === '') throw new ApiError(`cannot read the sum at "${expression.slice(at)}"`, 400);
    at = pattern.lastIndex;
    const factor = (found[1] === '-' ? -1 : 1) * (found[2] ? Number(found[2]) : 1);
    const ids = found[3] !== undefined ? [Number(found[3])] : idsOf(found[4].replace(/["']/g, ''), labels, classes);
    if (ids.some((id) => id * D >= z.length)) throw new ApiError(`there is no sample ${ids[0]}`, 400);
    for (const id of ids) for (let d = 0; d < D; ++d) code[d] += (factor * z[id * D + d]) / ids.length;
    terms.push({ text: found[3] !== undefined ? `#${found[3]}` : `label=${found[4]}`, factor });
  }
  if (terms.length === 0) throw new ApiError('a sum needs at least one sample', 400);
  return { code, terms };
}

function idsOf(name: string, labels: Int32Array, classes: string[]): number[] {
  const label = classes.findIndex((other) => other.toLowerCase() === name.toLowerCase());
  const ids: number[] = [];
  labels.forEach((value, id) => value === label && ids.push(id));
  if (label < 0 || ids.length === 0) throw new ApiError(`there is no class "${name}"`, 400);
  return ids;
}
