import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import * as wire from '../../../protocol/names.ts';
import { isHandle, isLongEnough, PASSWORD_MIN_LENGTH, suggestHandle, toHandle } from './account.ts';

it('the shortest password is the wire’s', () =>
  expect(PASSWORD_MIN_LENGTH).toBe(DEFAULT_LIMITS.passwordMinLength));

it.each([
  'Ada Okafor',
  '林佳穎',
  'Priya N.',
  ' José-María ',
  'عمر الفاروق',
  '...',
  'here',
  'x'.repeat(90),
  'É\u0301',
  'a__b',
])('suggests for %j what the wire would', (name) =>
  expect(suggestHandle(name)).toBe(wire.suggestHandle(name)),
);

it('agrees with the wire about any name and any handle', () => {
  const part = fc.constantFrom(
    'a',
    'B',
    '9',
    '.',
    '_',
    '-',
    ' ',
    '穎',
    'é',
    '\u0301',
    '@',
    'here',
    '\u202e',
    'ß',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect(suggestHandle(text)).toBe(wire.suggestHandle(text));
      expect(isHandle(text)).toBe(
        wire.isHandle(text) && text.length <= DEFAULT_LIMITS.handleLength,
      );
    }),
  );
});

it('brings a typed handle to its form', () => expect(toHandle('@Ada Okafor')).toBe('ada.okafor'));

it('counts a password as people do', () => {
  expect(isLongEnough('correct ho')).toBe(true);
  expect(isLongEnough('🙏🙏🙏🙏🙏')).toBe(false);
});
