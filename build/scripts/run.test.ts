import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

test.skipIf(process.platform === 'win32')('a program that hangs is ended with its children', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue(undefined);
  const pidFile = join(folder, 'pid');
  const busy = 'require("fs").writeFileSync(process.argv[1], String(process.pid)); for (;;);';
  const hangs = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(busy)}, ${JSON.stringify(pidFile)}]); setInterval(() => {}, 9999)`;
  expect(await runNode(['-e', hangs], { timeoutMs: 2_000, quiet: true })).toBe(1);
  expect(said).toHaveBeenCalledWith(expect.stringMatching(/^Ended after/));
  await whenProcessGone(Number(readFileSync(pidFile, 'utf8')));
  said.mockRestore();
});
