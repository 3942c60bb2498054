import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from '../src/api/npy';
import { readSafetensors, writeSafetensors } from '../src/api/safetensors';

/** An array as NumPy writes it, version 1.0. */
function npy(descr: string, shape: string, body: ArrayBuffer, order = 'False'): ArrayBuffer {
  let text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  text = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const bytes = new Uint8Array(10 + text.length + body.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes.set(new Uint8Array(body), 10 + text.length);
  return bytes.buffer;
}

describe('.npy', () => {
  it('comes back as it was written, aligned to 64 bytes as NumPy wants it', () => {
    const data = Float32Array.from([1, -2.5, 3e20, 0, 7, 8]);
    const bytes = writeNpy(data, [2, 3]);
    expect((bytes.length - data.byteLength) % 64).toBe(0);
    const back = readNpy(bytes.buffer as ArrayBuffer);
    expect(back.shape).toEqual([2, 3]);
    expect([...back.data]).toEqual([...data]);
  });
  it('writes vectors with the comma that Python asks for', () => {
    expect(new TextDecoder('latin1').decode(writeNpy(new Float32Array(4), [4]))).toContain("'shape': (4,)");
  });
  it('reads 64-bit whole numbers with their sign, and doubles', () => {
    const whole = readNpy(npy('<i8', '(3,)', BigInt64Array.from([-1n, 5n, 123456n]).buffer as ArrayBuffer));
    expect([...whole.data]).toEqual([-1, 5, 123456]);
    const doubles = readNpy(npy('<f8', '(2,)', Float64Array.from([0.5, -4]).buffer as ArrayBuffer));
    expect([...doubles.data]).toEqual([0.5, -4]);
    expect([...readNpy(npy('|u1', '(1, 2)', Uint8Array.from([3, 255]).buffer as ArrayBuffer)).data]).toEqual([3, 255]);
  });
  it('refuses what it would misread', () => {
    const body = new Float32Array(4).buffer as ArrayBuffer;
    expect(() => readNpy(npy('<f4', '(2, 2)', body, 'True'))).toThrow(/Fortran/);
    expect(() => readNpy(npy('<f4', '(5,)', body))).toThrow(/cut off/);
    expect(() => readNpy(npy('<c8', '(2,)', body))).toThrow(/type <c8/);
    expect(() => readNpy(new ArrayBuffer(3))).toThrow(/not a .npy/);
  });
});

describe('safetensors', () => {
  it('comes back as it was written', () => {
    const tensors = new Map([
      ['codes', { data: Float32Array.from([1, 2, 3, 4]), shape: [2, 2] }],
      ['labels', { data: Int32Array.from([-1, 7]), shape: [2] }],
      ['atlas.0', { data: Uint8Array.from([9, 8, 7]), shape: [3] }],
    ]);
    const back = readSafetensors(writeSafetensors({ metadata: { note: 'a "quoted" text' }, tensors }));
    expect(back.metadata.note).toBe('a "quoted" text');
    for (const [name, { data, shape }] of tensors) {
      expect(back.tensors.get(name)?.shape).toEqual(shape);
      expect([...(back.tensors.get(name)?.data ?? [])]).toEqual([...data]);
    }
  });
  it('says what is cut off', () => {
    const whole = writeSafetensors({ metadata: {}, tensors: new Map([['a', { data: new Float32Array(8), shape: [8] }]]) });
    expect(() => readSafetensors(whole.slice(0, whole.length - 1))).toThrow(/a is cut off/);
    expect(() => readSafetensors(whole.slice(0, 20))).toThrow(/header is cut off/);
  });
});
