import { expect, it } from 'vitest';
import { fingerprintGroups } from './fingerprint.tsx';

it('a fingerprint is read out in eight groups of four bytes', () => {
  const groups = fingerprintGroups('4f2a09c1'.repeat(8));
  expect(groups).toEqual(Array.from({ length: 8 }, () => '4F:2A:09:C1'));
});
