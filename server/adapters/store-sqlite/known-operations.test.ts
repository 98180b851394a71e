import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KnownOperations } from './known-operations.ts';

const id = (n: number): string => `0198${n.toString(16).padStart(8, '0')}`;

test('what is higher than all is new, and the latest are known one by one', () => {
  const known = new KnownOperations(id(10));
  expect([id(9), id(10), id(11)].map((op) => known.isSurelyNew(op))).toEqual([false, false, true]);
  known.add(id(20));
  expect([id(15), id(20), id(21)].map((op) => known.isSurelyNew(op))).toEqual([true, false, true]);
});

test('what is remembered no more lies below the floor', () => {
  const known = new KnownOperations('');
  for (let n = 0; n < 100_000; n++) known.add(id(n));
  expect(Array.from({ length: 100_000 }, (_, n) => known.isSurelyNew(id(n)))).not.toContain(true);
  expect(known.isSurelyNew(id(100_000))).toBe(true);
});

test('an id that is no UUIDv7 is never called new, and spoils nothing for those that are', () => {
  const known = new KnownOperations('');
  for (let n = 0; n < 20_000; n++) known.add(`f${id(n)}`);
  expect([known.isSurelyNew('f0'), known.isSurelyNew(id(1))]).toEqual([false, true]);
});

test('nothing that was told of is ever called new, in whatever order it came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { maxLength: 300 }), fc.nat(0xffff), (numbers, floor) => {
      const known = new KnownOperations(id(floor));
      for (const n of numbers) for (let i = 0; i < 60; i++) known.add(id(n * 64 + i));
      expect(numbers.filter((n) => known.isSurelyNew(id(n * 64)))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
