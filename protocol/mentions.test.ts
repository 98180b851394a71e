/**
 * Code in a text is found as an expression finds it, in time that grows with the text and not with
 * its square.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findMentions } from './mentions.ts';

const CODE = /(`{3,})[\s\S]*?(?:\1|$)|(`+)(?:[^`]|[^`][\s\S]*?[^`])\2(?!`)/gu;
const isKnown = (handle: string): boolean => handle === 'ada';

/** Where `@ada` stands outside code, by the expression: right for any text, and slow for some. */
function outsideCode(text: string): readonly number[] {
  const spans = [...text.matchAll(CODE)].map((match) => [
    match.index,
    match.index + match[0].length,
  ]);
  return [...text.matchAll(/(?<![\p{Script=Latin}\p{N}_@/.])@ada(?![\p{Script=Latin}\p{N}])/gu)]
    .map(({ index }) => index)
    .filter((at) => !spans.some(([from = 0, to = 0]) => at >= from && at < to));
}

test('mentions count outside code, however backticks are paired', () => {
  const part = fc.constantFrom('`', '``', '```', '````', '@ada', ' ', 'x', '\n', '字');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      expect(findMentions(text, isKnown).map(({ from }) => from)).toEqual(outsideCode(text));
    }),
    { numRuns: 2_000 },
  );
});

test('code of one letter ends at its own backtick, and a mention after it counts', () => {
  expect(findMentions('`x` @ada `y`', isKnown)).toMatchObject([{ from: 4, handle: 'ada' }]);
});

test.each(['`@a', ' @a`', '```\u0301````@here ', '@ada``', '`a` @ada '])(
  'looking for mentions in %j again and again takes as long as the text is long',
  (part) => {
    const cpuMs = (size: number): number => {
      const text = `${part.repeat(Math.ceil(size / part.length)).slice(0, size)}@ada`;
      let best = Infinity;
      for (let round = 0; round < 3; round++) {
        const from = process.threadCpuUsage();
        findMentions(text, isKnown);
        const spent = process.threadCpuUsage(from);
        best = Math.min(best, (spent.user + spent.system) / 1_000);
      }
      return best;
    };
    // Eight times the text: what grows with its square would take 64 times as long.
    expect(cpuMs(128 * 1024) / Math.max(cpuMs(16 * 1024), 0.5)).toBeLessThan(20);
  },
);
