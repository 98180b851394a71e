/**
 * The relay of this computer under the browser host: `node server/main.ts serve` as a child, on a folder of the host's data. It prints
 * one JSON line when it is ready, and drains and ends when its standard input closes; so it cannot outlive the host.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import type { Clock, Log } from '../core/ports.ts';
import {
  createRelayKeeper,
  type RelayKeeper,
  type RelayProcess,
  type RelayProcessEvents,
  type RelayReady,
} from '../host/relay-keeper.ts';
import { chooseRelayDoor, type RelayDoor } from '../host/relay-port.ts';

export interface LocalRelayParts {
  /** `server/main.ts` */
  readonly script: string;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer than the relay's own drain. */
const STOP_LIMIT_MS = 16_000;
const MAX_LOG_BYTES = 4 * 1024 * 1024;

const readyLine = z.object({
  port: z.number().int().min(1).max(65_535),
  fingerprint: z.string(),
  setupLink: z.string().nullable(),
});

/** What a ready relay printed; undefined for any other line. */
export function readReady(line: string): RelayReady | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = readyLine.safeParse(raw);
  if (!parsed.success) return undefined;
  const { port, fingerprint, setupLink } = parsed.data;
  const link = setupLink === null ? undefined : parseInviteLink(setupLink);
  return {
    address: `127.0.0.1:${port}`,
    fingerprint,
    setupCode: link?.ok === true ? link.value.code : null,
  };
}

export function createLocalRelay({ script, dataFolder, clock, log }: LocalRelayParts): RelayKeeper {
  const start = ({ host, port }: RelayDoor, events: RelayProcessEvents): RelayProcess => {
    const gone = Promise.withResolvers<void>();
    const logFile = openLog(dataFolder);
    const child = spawn(
      process.execPath,
      [
        script,
        'serve',
        '--json',
        '--stop-with-stdin',
        '--data',
        dataFolder,
        '--host',
        host,
        '--port',
        String(port),
        '--tls',
        'own',
      ],
      { stdio: ['pipe', 'pipe', logFile] },
    );
    closeSync(logFile);
    const ended = (): void => {
      gone.resolve();
      events.onExit();
    };
    child.once('error', ended);
    child.once('exit', ended);
    child.stdin?.on('error', () => undefined);
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => {
        const ready = readReady(line);
        if (ready !== undefined) events.onReady(ready);
      });
    return {
      async stop() {
        const cancel = clock.after(STOP_LIMIT_MS, () => child.kill('SIGKILL'));
        child.stdin?.end();
        await gone.promise;
        cancel();
      },
    };
  };
  return createRelayKeeper({
    chooseDoor: () => chooseRelayDoor({ dataFolder, env: process.env, clock, log }),
    spawn: start,
    clock,
    log,
  });
}

/** Turned over between runs, not within one. */
function openLog(dataFolder: string): number {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const path = join(dataFolder, 'relay.log');
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES)
    renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}
