/** `npm start` as a newcomer types it: it says which window it opens and why, and that window is there. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../build/scripts/run.ts';

let folder: string;
let started: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-start-'));
});
afterEach(async () => {
  if (started?.pid !== undefined && started.exitCode === null && started.signalCode === null) {
    const ended = once(started, 'exit');
    // As Ctrl+C in a terminal: to all of its group.
    process.kill(-started.pid, 'SIGINT');
    await ended;
  }
  started = undefined;
  rmSync(folder, { recursive: true });
});

/** @returns what it says first, and where the window is */
async function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly says: string; readonly url: URL }> {
  const command = [
    '-r',
    './build/scripts/check-node.cjs',
    'build/scripts/start.ts',
    '--no-open',
    '--data',
    folder,
    ...args,
  ];
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { ...process.env, LANGUAGE: 'en', LANDLINE_HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  started = child;
  let says: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('Opening Landline')) says = line;
    const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0];
    if (says !== undefined && address !== undefined) return { says, url: new URL(address) };
  }
  throw new Error('it ended without an address');
}

async function expectWindowAt(url: URL): Promise<void> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('<title>Landline</title>');
}

test('opens the browser window where it is asked for', async () => {
  const { says, url } = await start(['--browser']);
  expect(says).toBe('Opening Landline in the browser: you asked for it.');
  await expectWindowAt(url);
});

test("opens the browser window where Electron's binary is not, and says so", async () => {
  const { says, url } = await start([], { ELECTRON_OVERRIDE_DIST_PATH: folder });
  expect(says).toBe("Opening Landline in the browser: Electron's binary is not available here.");
  await expectWindowAt(url);
});
