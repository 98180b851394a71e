/** The real relay as a process of its own: `node server/main.ts serve`, and its other commands. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { COMPILE_CACHE } from './compile-cache.ts';

const MAIN = join(import.meta.dirname, '../../server/main.ts');

export interface ProcessChange {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Modules to load first. */
  readonly imports?: readonly string[];
  /** Stands before the command. */
  readonly on?: readonly string[];
}

export interface Ready {
  readonly event: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly fingerprint: string | null;
  readonly setupLink: string | null;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RelayProcess {
  readonly pid: number;
  /** The line that says it is up. Rejects when it ends without. */
  readonly ready: Promise<Ready>;
  readonly ended: Promise<Ended>;
  /** Everything it said on standard error so far. */
  errors(): string;
  output(): string;
  kill(signal: NodeJS.Signals): void;
  closeStdin(): void;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function start({ args = [], env = {}, imports = [], on = [] }: ProcessChange): Child {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:LANDLINE_|NODE_|VITEST)/.test(name)),
  );
  const [command = '', ...rest] = [
    ...on,
    process.execPath,
    ...imports.flatMap((path) => ['--import', path]),
    MAIN,
    ...args,
  ];
  return spawn(command, rest, {
    env: { ...clean, ...COMPILE_CACHE, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function serveRelay(data: string, change: ProcessChange = {}): RelayProcess {
  const where = ['--data', data, '--port', '0', '--host', '127.0.0.1'];
  const child = start({ ...change, args: ['serve', '--json', ...where, ...(change.args ?? [])] });
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const ready = new Promise<Ready>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const line = /^.*"event":"ready".*$/m.exec(out)?.[0];
      if (line !== undefined) resolve(JSON.parse(line) as Ready);
    });
    ended.then(
      ({ code }) => reject(new Error(`the relay ended with ${code} before it was ready: ${err}`)),
      (error: unknown) => reject(error as Error),
    );
  });
  ready.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ready,
    ended,
    errors: () => err,
    output: () => out,
    kill: (signal) => void child.kill(signal),
    closeStdin: () => child.stdin.end(),
  };
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One command, from start to end. */
export async function runRelayCommand(
  args: readonly string[],
  change: Omit<ProcessChange, 'args'> = {},
): Promise<Ran> {
  const child = start({ ...change, args });
  child.stdin.end();
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Asks a relay over its own TLS, whoever's key it shows. */
export async function askRelay(
  port: number,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const asked = request({
    host: '127.0.0.1',
    port,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    rejectUnauthorized: false,
    agent: false,
  });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part as string;
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}
