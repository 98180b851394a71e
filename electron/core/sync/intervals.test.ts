import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addInterval, holds, holesIn, intervalAt, topOf, type Intervals } from './intervals.ts';

const MOST = 60;
const span = fc
  .tuple(fc.integer({ min: 1, max: MOST }), fc.integer({ min: 0, max: 12 }))
  .map(([from, length]) => ({ from, to: from + length }));
const spans = fc.array(span, { maxLength: 20 });

const build = (added: readonly { readonly from: number; readonly to: number }[]): Intervals =>
  added.reduce<Intervals>((held, one) => addInterval(held, one).held, []);

test('a list of stretches holds exactly the numbers that were added, sorted and never touching', () => {
  fc.assert(
    fc.property(spans, (added) => {
      const held = build(added);
      for (let seq = 1; seq <= MOST + 13; seq++) {
        expect(holds(held, seq)).toBe(added.some((one) => one.from <= seq && seq <= one.to));
      }
      held
        .slice(1)
        .forEach((one, index) => expect(one.from).toBeGreaterThan((held[index]?.to ?? 0) + 1));
      expect(topOf(held)).toBe(Math.max(0, ...added.map((one) => one.to)));
    }),
  );
});

test('what an addition reports is what changed in the list', () => {
  fc.assert(
    fc.property(spans, span, (added, one) => {
      const before = build(added);
      const { held, grown, gone } = addInterval(before, one);
      expect(held).toContainEqual(grown);
      expect(held.filter((stretch) => stretch.from !== grown.from)).toEqual(
        before.filter((stretch) => !gone.includes(stretch)),
      );
    }),
  );
});

test('holes are exactly what is missing of a span', () => {
  fc.assert(
    fc.property(spans, span, (added, asked) => {
      const held = build(added);
      const missing = new Set(
        holesIn(held, asked.from, asked.to).flatMap((hole) => range(hole.from, hole.to)),
      );
      for (const seq of range(asked.from, asked.to))
        expect(missing.has(seq)).toBe(!holds(held, seq));
      expect([...missing].every((seq) => seq >= asked.from && seq <= asked.to)).toBe(true);
    }),
  );
});

test('the stretch at a number is found, or none', () => {
  const held = build([
    { from: 1, to: 3 },
    { from: 7, to: 9 },
  ]);
  expect([0, 1, 3, 4, 7, 9, 10].map((seq) => intervalAt(held, seq)?.from)).toEqual([
    undefined,
    1,
    1,
    undefined,
    7,
    7,
    undefined,
  ]);
});

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
