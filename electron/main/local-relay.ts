/**
 * The relay of this computer under Electron: a utility process that runs `relay-process.ts` on a folder of the app's data. It
 * lives as long as the app does, not as long as the window.
 */
import type { ForkOptions, UtilityProcess } from 'electron';
import { z } from 'zod';
import type { Clock, Log } from '../core/ports.ts';
import {
  createRelayKeeper,
  type RelayKeeper,
  type RelayProcessEvents,
  type RelayProcess,
} from '../host/relay-keeper.ts';
import { chooseRelayDoor, type RelayDoor } from '../host/relay-port.ts';

export interface LocalRelayParts {
  readonly fork: (modulePath: string, args: string[], options: ForkOptions) => UtilityProcess;
  /** The built `relay-process.js`. */
  readonly modulePath: string;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer than the relay's own drain. */
const STOP_LIMIT_MS = 16_000;

/** The one thing `relay-process.ts` says. */
const fromRelay = z.object({
  kind: z.literal('ready'),
  address: z.string().max(400),
  fingerprint: z.string().max(64),
  setupCode: z.string().max(64).nullable(),
});

export function createLocalRelay({
  fork,
  modulePath,
  dataFolder,
  clock,
  log,
}: LocalRelayParts): RelayKeeper {
  const spawn = ({ host, port }: RelayDoor, events: RelayProcessEvents): RelayProcess => {
    const gone = Promise.withResolvers<void>();
    const child = fork(modulePath, ['--data', dataFolder, '--host', host, '--port', String(port)], {
      serviceName: 'Landline relay',
      stdio: 'ignore',
    });
    child.on('message', (message: unknown) => {
      const parsed = fromRelay.safeParse(message);
      if (parsed.success) events.onReady(parsed.data);
      else log.warn('relay.bad-word');
    });
    child.on('exit', () => {
      gone.resolve();
      events.onExit();
    });
    return {
      async stop() {
        const cancel = clock.after(STOP_LIMIT_MS, () => child.kill());
        child.postMessage({ kind: 'stop' });
        await gone.promise;
        cancel();
      },
    };
  };
  return createRelayKeeper({
    chooseDoor: () => chooseRelayDoor({ dataFolder, env: process.env, clock, log }),
    spawn,
    clock,
    log,
  });
}
