import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { isSendable, sizeOf, TEXT_LIMIT_BYTES } from './text-size.ts';

it('the limit is the wire’s', () => expect(TEXT_LIMIT_BYTES).toBe(DEFAULT_LIMITS.textBytes));

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
