// safetensors: eight bytes with the length of a JSON header, the header, then the numbers of all tensors.

import type { NumberArray } from './types';

export interface Safetensors {
  metadata: Record<string, string>;
  tensors: Map<string, NumberArray>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function array(entry: Entry, buffer: ArrayBuffer): NumberArray {
  const { dtype, shape } = entry;
  if (dtype === 'F32') return { data: new Float32Array(buffer), shape };
  if (dtype === 'I32') return { data: new Int32Array(buffer), shape };
  if (dtype === 'U8') return { data: new Uint8Array(buffer), shape };
  throw new Error(`safetensors: numbers of type ${dtype}`);
}

export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) throw new Error('safetensors: cut off');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (8 + length > bytes.length) throw new Error('safetensors: the header is cut off');
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>;
  const tensors = new Map<string, NumberArray>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = value as Record<string, string>;
      continue;
    }
    const entry = value as Entry;
    const [from, to] = entry.data_offsets.map((offset) => 8 + length + offset);
    if (to > bytes.length) throw new Error(`safetensors: ${name} is cut off`);
    tensors.set(name, array(entry, bytes.slice(from, to).buffer));
  }
  return { metadata, tensors };
}

const kNames = new Map<Function, string>([
  [Float32Array, 'F32'],
  [Int32Array, 'I32'],
  [Uint8Array, 'U8'],
]);

/** The other way, for tests and the mock. */
export function writeSafetensors({ metadata, tensors }: Safetensors): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { data, shape }] of tensors) {
    header[name] = { dtype: kNames.get(data.constructor), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
