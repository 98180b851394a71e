import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { whenProcessGone } from '../../test/kit/process-alive.ts';
import { runNode } from './run.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'landline-run-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('the answer is the exit code, and a program that cannot start is a failure', async () => {
  expect(await runNode(['-e', 'process.exit(7)'])).toBe(7);
  expect(await runNode(['-e', 'process.kill(process.pid, "SIGKILL")'])).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'a program that hangs is ended with its children',
  async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const pidFile = join(folder, 'pid');
    const busy = 'require("fs").writeFileSync(process.argv[1], String(process.pid)); for (;;);';
    const hangs = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(busy)}, ${JSON.stringify(pidFile)}]); setInterval(() => {}, 9999)`;
    expect(await runNode(['-e', hangs], { timeoutMs: 2_000, quiet: true })).toBe(1);
    expect(said).toHaveBeenCalledWith(expect.stringMatching(/^Ended after/));
    await whenProcessGone(Number(readFileSync(pidFile, 'utf8')));
    said.mockRestore();
  },
);

test('a program that is heard is heard to its last word, on both streams', async () => {
  const said: Buffer[] = [];
  const speaks =
    'console.log("x".repeat(300_000)); console.error("and that was all"); process.exitCode = 3;';
  expect(await runNode(['-e', speaks], { hear: (chunk) => void said.push(chunk) })).toBe(3);
  const words = Buffer.concat(said).toString();
  expect(words).toContain('and that was all');
  expect(words.split('x')).toHaveLength(300_001);
});

test.skipIf(process.platform === 'win32')(
  'a program that gives way stands behind the others, with whatever it starts',
  async () => {
    const said: Buffer[] = [];
    const asks = `
    const { execFileSync } = require('child_process');
    const own = require('os').getPriority();
    const child = Number(execFileSync(process.execPath, ['-p', "require('os').getPriority()"]).toString());
    console.log(JSON.stringify([own, child]));`;
    expect(
      await runNode(['-e', asks], { givesWay: true, hear: (chunk) => void said.push(chunk) }),
    ).toBe(0);
    const [own, child] = JSON.parse(Buffer.concat(said).toString()) as readonly number[];
    expect(own).toBeGreaterThan(getPriority());
    expect(child).toBe(own);
  },
);
