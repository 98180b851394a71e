import { expect, test } from 'vitest';
import { isModest } from './modest.ts';

const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
const round: Record<string, unknown> = {};
round['self'] = round;

test.each<[string, unknown]>([
  ['an empty object', {}],
  ['a message of the largest size', { text: 'x'.repeat(64 * 1024) }],
  ['a field left open', { name: undefined }],
  [
    'settings with lists in lists',
    { settings: { quietHours: [{ days: [0, 6], from: 0, to: 1 }], keywords: ['a'] } },
  ],
])('%s is modest', (_name, value) => expect(isModest(value)).toBe(true));

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['a function', () => 1],
  ['a function inside', { a: () => 1 }],
  ['a symbol', Symbol('s')],
  ['a bigint', { a: 1n }],
  ['NaN', { a: NaN }],
  ['infinity', [Infinity]],
  ['a date', { a: new Date(0) }],
  ['a map', new Map()],
  ['bytes', new Uint8Array(4)],
  ['a cycle', round],
  ['too deep', deep(40)],
  ['10 MB of text', 'x'.repeat(10_000_000)],
  ['10 MB of text in many pieces', Array.from({ length: 1000 }, () => 'x'.repeat(10_000))],
  ['too many values', Array.from({ length: 100_000 }, () => 0)],
  ['a key that reaches for a prototype', JSON.parse('{"__proto__":{"isAdmin":true}}')],
  ['a constructor', { constructor: { prototype: {} } }],
  ['something with a class', new (class Sly {})()],
])('%s is not', (_name, value) => {
  expect(isModest(value)).toBe(false);
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
});
