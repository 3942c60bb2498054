// NumPy's .npy files: one dense little-endian array in C order.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import type { NumberArray } from './types';

const kMagic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

function header(bytes: Uint8Array): { text: string; begin: number } {
  if (bytes.length < 10 || kMagic.some((value, i) => bytes[i] !== value)) throw new Error('not a .npy array');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] >= 2;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const begin = (wide ? 12 : 10) + length;
  if (begin > bytes.length) throw new Error('.npy: the header is cut off');
  return { text: new TextDecoder('latin1').decode(bytes.subarray(begin - length, begin)), begin };
}

function shapeOf(text: string): number[] {
  const found = /'shape':\s*\(([^)]*)\)/.exec(text);
  if (!found) throw new Error('.npy: no shape');
  return found[1]
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
}

/** Reads an array; 64-bit whole numbers become 32-bit ones and doubles floats, which is what the page computes with. */
export function readNpy(buffer: ArrayBuffer): NumberArray {
  const bytes = new Uint8Array(buffer);
  const { text, begin } = header(bytes);
  if (/'fortran_order':\s*True/.test(text)) throw new Error('.npy: Fortran order');
  const type = /'descr':\s*'([^']*)'/.exec(text)?.[1] ?? '';
  const shape = shapeOf(text);
  const count = shape.reduce((product, size) => product * size, 1);
  const size = Number(type.slice(2));
  if (begin + count * size > bytes.length) throw new Error('.npy: the numbers are cut off');
  const body = buffer.slice(begin, begin + count * size);
  switch (type) {
    case '<f4':
      return { data: new Float32Array(body), shape };
    case '<i4':
      return { data: new Int32Array(body), shape };
    case '|u1':
      return { data: new Uint8Array(body), shape };
    case '<f8':
      return { data: Float32Array.from(new Float64Array(body)), shape };
    case '<i8': {
      // The low halves: numbers of samples and classes fit, and -1 keeps its sign.
      const halves = new Int32Array(body);
      const data = new Int32Array(count);
      for (let i = 0; i < count; ++i) data[i] = halves[2 * i];
      return { data, shape };
    }
    default:
      throw new Error(`.npy: numbers of type ${type || 'unknown'}`);
  }
}

/** Writes f32 numbers as a .npy file. */
export function writeNpy(data: Float32Array, shape: number[]): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  let text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`;
  text = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const bytes = new Uint8Array(10 + text.length + 4 * data.length);
  bytes.set([...kMagic, 1, 0, text.length & 255, text.length >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + text.length);
  return bytes;
}
