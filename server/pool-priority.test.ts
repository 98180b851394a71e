/** Who gives way to whom among the relay's threads. Linux alone tells. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { letPoolGiveWay } from './pool-priority.ts';

const niceOf = (thread: string): number =>
  Number(
    readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[16],
  );
const nameOf = (thread: string): string =>
  readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();

describe.skipIf(process.platform !== 'linux')('on Linux', () => {
  test('the threads that hash and read give way to the others, which stay as they are', async () => {
    const before = new Map(
      readdirSync('/proc/self/task').map((thread) => [thread, niceOf(thread)]),
    );
    const count = await letPoolGiveWay();
    expect(count).toBeGreaterThan(0);
    const threads = readdirSync('/proc/self/task');
    const [pool, others] = [
      threads.filter((one) => nameOf(one) === 'libuv-worker'),
      threads.filter((one) => nameOf(one) !== 'libuv-worker'),
    ];
    expect(pool).toHaveLength(count);
    for (const one of pool) expect(niceOf(one)).toBe(10);
    for (const one of others.filter((thread) => before.has(thread)))
      expect(niceOf(one)).toBe(before.get(one));
  });
});
