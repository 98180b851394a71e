import { afterEach, expect, test, vi } from 'vitest';
import { findProgram } from './program.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('what is there is found, in the folders named first and on the PATH', () => {
  vi.stubEnv('PATH', '');
  expect(findProgram('sh', 'nothing is shown', ['/nowhere', '/bin'])).toBe('/bin/sh');
  vi.stubEnv('PATH', '/nowhere:/bin');
  expect(findProgram('sh', 'nothing is shown')).toBe('/bin/sh');
});

test('what is missing is said in one line, and is a failure where it has to be there', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.stubEnv('REQUIRE_SERVICES', '0');
  expect(findProgram('no-such-program', 'the moon is not shown')).toBeUndefined();
  expect(warn.mock.calls).toEqual([
    ['SKIPPED: the moon is not shown, because no-such-program is missing'],
  ]);
  vi.stubEnv('REQUIRE_SERVICES', '1');
  expect(() => findProgram('no-such-program', 'the moon is not shown')).toThrow(
    'the moon is not shown, because no-such-program is missing',
  );
});
