import { expect, test } from 'vitest';
import { refuse } from './errors.ts';
import { isRefusal } from './http.ts';

test.each([
  [JSON.stringify({ refusal: refuse('session-ended') }), true],
  [JSON.stringify({ refusal: { kind: 'of a newer relay', retryable: true, more: 1 } }), true],
  ['', false],
  ['<html><h1>403 Forbidden</h1></html>', false],
  ['{"error":"unauthorized"}', false],
  ['{"refusal":"unauthorized"}', false],
  ['null', false],
])('of %j a relay said: %s', (body, isRelays) => {
  expect(isRefusal(body)).toBe(isRelays);
});
