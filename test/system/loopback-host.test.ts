/** The loopback host as a process: one for one folder, gone without a trace when told, and back after a kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../build/scripts/run.ts';
import { COMPILE_CACHE } from '../kit/compile-cache.ts';

let folder = '';
const hosts: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-host-'));
});
afterEach(async () => {
  for (const host of hosts.splice(0)) {
    if (host.exitCode !== null || host.signalCode !== null) continue;
    host.kill('SIGKILL');
    await once(host, 'exit');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Host {
  readonly child: ChildProcess;
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly lines: AsyncIterator<string>;
  output(): string;
}

const start = (...args: readonly string[]): Host => run(['--no-open', ...args]);

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Host {
  const child = spawn(
    process.execPath,
    ['electron/loopback/index.ts', '--data', join(folder, 'data'), ...args],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        ...COMPILE_CACHE,
        LANGUAGE: 'en',
        LANDLINE_HOST: '127.0.0.1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  hosts.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  // With all it had to say.
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    exited,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    output: () => text,
  };
}
const address = async ({ lines, output }: Host): Promise<URL> => {
  const { value } = (await lines.next()) as IteratorResult<string, undefined>;
  if (value === undefined) throw new Error(`the host ended\n${output()}`);
  expect(value).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{32}$/);
  return new URL(value);
};
const end = ({ child, exited }: Host, signal: NodeJS.Signals): Promise<number | null> => {
  child.kill(signal);
  return exited;
};
const enter = async (url: URL): Promise<WebSocket> => {
  const ticket = url.hash.slice('#t='.length);
  const socket = new WebSocket(
    `ws://${url.host}/bridge`,
    ['landline.bridge.1', 'tab.a-tab-of-a-test', `ticket.${ticket}`],
    {
      origin: url.origin,
    },
  );
  await once(socket, 'message');
  return socket;
};

/** What the host answers to this command. */
async function ask(socket: WebSocket, name: string): Promise<unknown> {
  // Several frames may come at once: none of them is missed.
  const frames = on(socket, 'message') as AsyncIterable<[Buffer]>;
  socket.send(JSON.stringify({ t: 'call', id: 1, settled: 1, name, input: {} }));
  for await (const [data] of frames) {
    const frame = JSON.parse(data.toString('utf8')) as {
      readonly t: string;
      readonly result?: unknown;
    };
    if (frame.t === 'answer') return frame.result;
  }
  throw new Error('it was not answered');
}

test('a second start on the same data gives its link to the first, prints a fresh address of it, and ends', async () => {
  const first = start();
  const url = await address(first);
  const socket = await enter(url);
  const second = start('landline://join?relay=10.0.0.5:7420&code=abc');
  const fresh = await address(second);
  expect(fresh.host).toBe(url.host);
  expect(fresh.hash).not.toBe(url.hash);
  expect(await second.exited).toBe(0);
  // The link is in the state of the first now.
  expect(await ask(socket, 'open')).toMatchObject({
    ok: true,
    value: { state: { request: { kind: 'invite', link: expect.stringContaining('10.0.0.5') } } },
  });
  socket.terminate();
});

test('told to end it ends well, and leaves no lock', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const host = start();
    const url = await address(host);
    const socket = await enter(url);
    expect(existsSync(join(folder, 'data', 'host.lock'))).toBe(true);
    const closed = once(socket, 'close');
    expect(await end(host, signal)).toBe(0);
    await closed;
    expect(existsSync(join(folder, 'data', 'host.lock'))).toBe(false);
  }
});

test('killed, it starts again on the same data', async () => {
  const killed = start();
  const before = await address(killed);
  await end(killed, 'SIGKILL');
  expect(existsSync(join(folder, 'data', 'host.lock'))).toBe(true);
  const again = start();
  const after = await address(again);
  expect(after.hash).not.toBe(before.hash);
  expect((await fetch(after)).status).toBe(200);
});

test('of two that start at once one runs and the other joins it', async () => {
  const both = [start(), start()];
  const urls = await Promise.all(both.map(address));
  expect(urls[0]?.host).toBe(urls[1]?.host);
  expect(await Promise.race(both.map(({ exited }) => exited))).toBe(0);
  expect(both.map(({ child }) => child.exitCode).sort()).toEqual([0, null]);
});

test('what it keeps is readable by its owner only, and nothing secret is in its log', async () => {
  const host = start();
  const url = await address(host);
  (await enter(url)).terminate();
  await end(host, 'SIGTERM');
  for (const file of ['secrets.key', 'logs/landline.log'])
    expect(statSync(join(folder, 'data', file)).mode & 0o077).toBe(0);
  expect(statSync(join(folder, 'data')).mode & 0o077).toBe(0);
  expect(readFileSync(join(folder, 'data', 'logs/landline.log'), 'utf8')).not.toContain(
    url.hash.slice(3),
  );
});

/**
 * In the place of the system's opener: writes down what it was started with, as `ps` would show it.
 */
function openerThatWrites(): {
  readonly env: NodeJS.ProcessEnv;
  opened(n: number): Promise<string[]>;
} {
  const [bin, seen] = [join(folder, 'bin'), join(folder, 'opened')];
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${seen}'\n`, {
    mode: 0o755,
  });
  const lines = (): string[] =>
    existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : [];
  return {
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, DISPLAY: ':0' },
    async opened(n) {
      await expect.poll(lines).toHaveLength(n);
      return lines();
    },
  };
}

test.skipIf(process.platform !== 'linux')(
  'the ticket stands in no command line, at the first start and at a second',
  async () => {
    const opener = openerThatWrites();
    const first = run(['landline://join?relay=10.0.0.5:7420&code=s3cret'], opener.env);
    const urls = [await address(first)];
    const commandLine = readFileSync(`/proc/${first.child.pid}/cmdline`, 'utf8');
    expect(commandLine).not.toContain('s3cret');
    await opener.opened(1);
    const second = run([], opener.env);
    urls.push(await address(second));
    expect(await second.exited).toBe(0);

    const opened = await opener.opened(2);
    const open = join(folder, 'data', 'open');
    expect(statSync(open).mode & 0o777).toBe(0o700);
    for (const [at, line] of opened.entries()) {
      const url = urls[at]!;
      expect(line).not.toContain(url.hash.slice('#t='.length));
      const page = fileURLToPath(line);
      expect(dirname(page)).toBe(open);
      expect(statSync(page).mode & 0o777).toBe(0o600);
      expect(readFileSync(page, 'utf8')).toContain(url.href);
      (await enter(url)).terminate();
      expect(existsSync(page)).toBe(false);
    }
    await end(first, 'SIGTERM');
    expect(existsSync(open)).toBe(false);
  },
);

test('a folder it cannot use, and words it does not know, are said plainly', async () => {
  writeFileSync(join(folder, 'data'), 'a file where the folder should be');
  const host = start();
  expect(await host.exited).toBe(1);
  expect(host.output()).toContain('cannot read or write its data folder');
  const unknown = start('--bogus');
  expect(await unknown.exited).toBe(1);
  expect(unknown.output()).toMatch(/--bogus[\s\S]*Usage:/);
  expect(`${host.output()}${unknown.output()}`).not.toMatch(/\n {4}at /);
});
