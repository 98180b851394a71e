import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findMentions } from '../../protocol/mentions.ts';
import { findPieces, type Known } from './mentions.ts';

const HANDLES = new Set(['ann', 'anna', '佳穎', 'ada.okafor', 'a-b', 'عمر', 'ゆき']);
const known: Known = {
  isHandle: (handle) => HANDLES.has(handle),
  isChannel: (name) => name === 'design' || name === '工程討論',
};

const shownMentions = (text: string): readonly string[] =>
  findPieces(text, known).flatMap((piece) => (piece.type === 'mention' ? [piece.text] : []));
const countedMentions = (text: string): readonly string[] =>
  findMentions(text, (handle) => HANDLES.has(handle)).map(({ from, to }) => text.slice(from, to));

it.each([
  '@anna',
  '@ann',
  '@annab',
  'a@anna',
  '請@佳穎請看',
  '@佳穎請看',
  '@ada.okafor.',
  '@ada.okafor.x',
  '(@a-b)',
  '@HERE',
  '@channel!',
  'x/@anna',
  '@@anna',
  '@عمر',
  '@ゆきさん',
])('draws in %j what the wire counts', (text) =>
  expect(shownMentions(text)).toEqual(countedMentions(text)),
);

it('draws in any text what the wire counts', () => {
  const part = fc.constantFrom(
    '@',
    '#',
    'anna',
    'ann',
    '佳穎',
    '請看',
    'ada.okafor',
    '.',
    '-',
    '_',
    ' ',
    '/',
    'here',
    'channel',
    'B',
    '9',
    '\uff0c',
    '(',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
      // A `#` is no part of the wire's rule; a channel that starts inside a run does not concern it either.
      const text = parts.join('').replaceAll('#', '');
      expect(shownMentions(text)).toEqual(countedMentions(text));
    }),
    { numRuns: 2_000 },
  );
});

it('loses no letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(
        findPieces(text, known)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }),
  );
});

it('finds a channel by the longest name there is', () => {
  expect(
    findPieces('#design請看#工程討論的連結 #designer', known).filter(
      (piece) => piece.type === 'channel',
    ),
  ).toEqual([
    { type: 'channel', text: '#design', name: 'design' },
    { type: 'channel', text: '#工程討論', name: '工程討論' },
  ]);
});
