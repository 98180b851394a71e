import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCodec } from './codec.ts';

const codec = createCodec();
const trip = (value: unknown): unknown => codec.decode(codec.encode(value));

test('whatever structured clone keeps comes back equal', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  fc.assert(
    fc.property(anything, (value) => {
      expect(trip(value)).toStrictEqual(structuredClone(value));
    }),
  );
});

test('errors keep their kind, message and cause', () => {
  const error = trip(new RangeError('too far', { cause: new Error('why') })) as Error;
  expect(error).toBeInstanceOf(RangeError);
  expect(error.message).toBe('too far');
  expect(error.cause).toBeInstanceOf(Error);
});

test('a value that holds itself comes back holding itself', () => {
  const knot: { self?: unknown; list: unknown[] } = { list: [] };
  knot.self = knot;
  knot.list.push(knot.list);
  const back = trip(knot) as typeof knot;
  expect(back.self).toBe(back);
  expect(back.list[0]).toBe(back.list);
});

test('two views of one buffer still share it', () => {
  const buffer = new ArrayBuffer(8);
  const [whole, part] = trip([new Uint8Array(buffer), new DataView(buffer, 2, 4)]) as [
    Uint8Array,
    DataView,
  ];
  part.setUint8(0, 7);
  expect(whole[2]).toBe(7);
});

test.each([
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['a promise', Promise.resolve()],
  ['a function deep inside', { list: [{ act: () => 1 }] }],
  ['a blob', new Blob(['x'])],
])('%s is refused in the words of Electron', (_name, value) => {
  expect(() => codec.encode(value)).toThrow('An object could not be cloned.');
});
