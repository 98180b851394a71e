/**
 * Where this computer's relay listens: on every address of the machine, and always at the same port, because invites and other
 * people's desktops name it. The first time the usual port, or a free one where that is taken; remembered beside the relay's data.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DEFAULT_PORT } from '../../protocol/invite-link.ts';
import type { Clock, Log } from '../core/ports.ts';

export interface RelayDoor {
  readonly host: string;
  readonly port: number;
}

export interface RelayPortParts {
  readonly dataFolder: string;
  /** `LANDLINE_HOST` narrows it, as it does for a relay that is started by hand. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly log: Log;
}

const FILE = 'port';
/** A relay whose host was killed takes some seconds to end; it may be ours. */
const WAIT_MS = 15_000;
const LOOK_EVERY_MS = 250;

export async function chooseRelayDoor({
  dataFolder,
  env,
  clock,
  log,
}: RelayPortParts): Promise<RelayDoor> {
  const host =
    env['LANDLINE_HOST'] ?? ((await listenOnce(0, '::')) === undefined ? '0.0.0.0' : '::');
  const isFree = async (port: number): Promise<boolean> =>
    (await listenOnce(port, host)) !== undefined;
  const before = remembered(dataFolder);
  if (before === undefined) {
    const port = (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : await freePort(host);
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    writeFileSync(join(dataFolder, FILE), String(port));
    return { host, port };
  }
  const deadline = clock.monotonic() + WAIT_MS;
  while (!(await isFree(before))) {
    if (clock.monotonic() >= deadline) {
      // Who sits at this computer can still work; others find the relay again when the port is free at its next start.
      log.warn('relay.port-taken', { port: before });
      return { host, port: await freePort(host) };
    }
    await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve));
  }
  return { host, port: before };
}

function remembered(dataFolder: string): number | undefined {
  try {
    const port = Number(readFileSync(join(dataFolder, FILE), 'utf8'));
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** The port it could listen on. */
function listenOnce(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

async function freePort(host: string): Promise<number> {
  const port = await listenOnce(0, host);
  if (port === undefined) throw new Error('This computer has no free port.');
  return port;
}
