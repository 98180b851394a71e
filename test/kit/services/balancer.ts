/**
 * What the tests of both balancers share: the kept configuration with nothing changed but the lines marked EDIT, a program started on it,
 * and the moment at which it takes connections.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

export interface BalancerParts {
  /** Where desktops knock: see `freePort`. */
  readonly port: number;
  /** Of the relays behind it, on the loopback. */
  readonly relays: readonly number[];
  /** Paths of the certificate that it shows and of its key. */
  readonly certificate: string;
  readonly key: string;
}

export interface Balancer {
  readonly port: number;
  /** What it said so far. */
  said(): string;
  dispose(): Promise<void>;
}

const MARK = '# EDIT';
const READY_MS = 60_000;
const LOOK_EVERY_MS = 20;

/**
 * @param edit  what becomes of a marked line; nothing keeps it out. Every line that is not marked stays what it is.
 * @throws Error  there is no marked line
 */
export function editMarked(path: string, edit: (line: string) => readonly string[]): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  const isMarked = (line: string): boolean => line.includes(MARK);
  if (!lines.some(isMarked)) throw new Error(`${path} marks no line with ${MARK}`);
  return lines.flatMap((line) => (isMarked(line) ? edit(line) : [line])).join('\n');
}

/** Starts the program and waits until its port answers. @throws Error  with what it said, when it ended instead */
export async function startBalancer(
  program: string,
  args: readonly string[],
  port: number,
): Promise<Balancer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  const until = Date.now() + READY_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not listen: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return {
    port,
    said: () => said,
    async dispose() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isThere = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return isThere;
}
