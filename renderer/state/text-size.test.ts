import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import {
  DRAFT_LIMIT_BYTES,
  isDraftTooLong,
  isSendable,
  sizeOf,
  TEXT_LIMIT_BYTES,
} from './text-size.ts';

it('the limits are those of the table', () => {
  expect(TEXT_LIMIT_BYTES).toBe(DEFAULT_LIMITS.textBytes);
  expect(DRAFT_LIMIT_BYTES).toBe(DEFAULT_LIMITS.draftBytes);
});

it('a draft is too long by its bytes of UTF-8', () => {
  expect(isDraftTooLong('d'.repeat(DRAFT_LIMIT_BYTES))).toBe(false);
  expect(isDraftTooLong('d'.repeat(DRAFT_LIMIT_BYTES + 1))).toBe(true);
  expect(isDraftTooLong('中'.repeat(DRAFT_LIMIT_BYTES / 3 + 1))).toBe(true);
});

it('sizes are bytes of UTF-8 wherever the limit is near', () => {
  expect(sizeOf('中'.repeat(6_000))).toBe(18_000);
  expect(sizeOf('🙏'.repeat(5_000))).toBe(20_000);
  expect(sizeOf('a'.repeat(16_384))).toBe(TEXT_LIMIT_BYTES);
  expect(sizeOf('中'.repeat(5_461))).toBeLessThanOrEqual(TEXT_LIMIT_BYTES);
});

it.each(['', ' ', '\n\t ', '\u200b\u200d', '\u2060\ufeff', '\u3000'])(
  '%j is nothing to send',
  (text) => expect(isSendable(text)).toBe(false),
);
it.each(['a', ' 好 ', '🙏', '.'])('%j is', (text) => expect(isSendable(text)).toBe(true));
