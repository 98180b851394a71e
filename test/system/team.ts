/** A relay's process with its data on a real disk, on one port over all its restarts, and desktops that have joined it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../protocol/limits.ts';
import { STORE_FILE } from '../../server/config.ts';
import { freePort } from '../kit/free-port.ts';
import { serveRelay, type ProcessChange, type RelayProcess } from '../kit/relay-process.ts';
import type { DesktopChild, DesktopChildParts } from './desktop-child.ts';
import { createMembers } from './members.ts';

export interface SystemTeam {
  readonly folder: string;
  readonly storePath: string;
  readonly port: number;
  readonly fingerprint: string;
  readonly relay: RelayProcess;
  /** Resolves when it can be reached. */
  startRelay(): Promise<void>;
  killRelay(signal: NodeJS.Signals): Promise<void>;
  /** Joins the team as a new member; the first one founds it. */
  join(who: string, change?: Partial<DesktopChildParts>): Promise<DesktopChild>;
  /** Another device of a member who has joined. */
  signIn(who: string, device: string, change?: Partial<DesktopChildParts>): Promise<DesktopChild>;
  dispose(): Promise<void>;
}

export async function createSystemTeam(
  options: {
    readonly limits?: Partial<Limits>;
    readonly relay?: ProcessChange;
    readonly host?: string;
  } = {},
): Promise<SystemTeam> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-system-'));
  const data = join(folder, 'relay');
  const port = await freePort();
  const { host = '127.0.0.1' } = options;
  const serve = (): RelayProcess =>
    serveRelay(data, {
      ...options.relay,
      args: [
        '--host',
        host,
        '--port',
        String(port),
        '--log',
        'warn',
        '--limits',
        JSON.stringify(options.limits ?? {}),
        ...(options.relay?.args ?? []),
      ],
    });
  let relay = serve();
  const { setupLink, fingerprint } = await relay.ready;
  const members = createMembers({ folder, address: `${host}:${port}`, fingerprint, setupLink });

  return {
    folder,
    storePath: join(data, STORE_FILE),
    port,
    fingerprint: fingerprint ?? '',
    get relay() {
      return relay;
    },
    startRelay: async () => {
      relay = serve();
      await relay.ready;
    },
    killRelay: async (signal) => {
      relay.kill(signal);
      await relay.ended;
    },
    join: (who, change) => members.join(who, change),
    signIn: (who, device, change) => members.signIn(who, device, change),
    dispose: async () => {
      await members.dispose();
      relay.kill('SIGKILL');
      await relay.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
