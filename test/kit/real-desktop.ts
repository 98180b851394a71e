/**
 * Relays and desktops over real sockets and real files, each in its own temporary folder, for tests that have to see keys, tokens and
 * files as they are. Time is the computer's own: wait for what is shown, never for time.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import type { DesktopParts } from '../../electron/core/desktop.ts';
import { createSystemClock, createSystemRandom } from '../../electron/host/system-clock.ts';
import type { Limits } from '../../protocol/limits.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { openTestDesktop, type TestDesktop } from './desktop-kit.ts';
import { freePort } from './free-port.ts';

export interface RealRelay {
  readonly data: string;
  readonly now: Relay;
  readonly address: string;
  stop(): Promise<void>;
  /** Starts again at the same port, on its own data or on a copy of another folder. */
  start(limits?: Partial<Limits>): Promise<void>;
}

export interface RealDesktop {
  readonly folder: string;
  readonly now: TestDesktop;
  close(): Promise<void>;
  restart(): Promise<void>;
}

export interface Ground {
  relay(limits?: Partial<Limits>): Promise<RealRelay>;
  desktop(parts?: Partial<DesktopParts>): Promise<RealDesktop>;
  /** The first person sets the team up. */
  owner(relay: RealRelay): Promise<RealDesktop>;
  /** Somebody joins by an invite of theirs. */
  guest(host: RealDesktop, name: string): Promise<RealDesktop>;
  dispose(): Promise<void>;
}

export const PASSWORD = 'correct horse battery';

export const isLive = ({ now }: RealDesktop): boolean => {
  const id = now.state.teamOrder[0];
  const wire = id === undefined ? undefined : now.state.teams[id]?.team.wire;
  return wire?.state === 'live' && !wire.isCatchingUp;
};

/** @param always  parts of every desktop on this ground */
export function createGround(always: Partial<DesktopParts> = {}): Ground {
  const clock = createSystemClock();
  const random = createSystemRandom();
  const ends: (() => Promise<void>)[] = [];
  const folderOf = (name: string): string => {
    const folder = mkdtempSync(join(tmpdir(), `landline-${name}-`));
    ends.push(async () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };

  const ground: Ground = {
    async relay(limits = {}) {
      const data = folderOf('relay');
      const port = await freePort();
      let running: Relay | undefined = await startRelay({ data, port, limits });
      const relay: RealRelay = {
        data,
        get now() {
          if (!running) throw new Error('the relay is not running');
          return running;
        },
        address: `127.0.0.1:${port}`,
        async stop() {
          await running?.close();
          running = undefined;
        },
        async start(other = limits) {
          running = await startRelay({ data, port, limits: other });
        },
      };
      ends.push(() => relay.stop());
      return relay;
    },

    async desktop(parts = {}) {
      const folder = folderOf('desktop');
      const open = (): Promise<TestDesktop> =>
        openTestDesktop({
          folder,
          clock,
          random,
          net: createRelayNet({ clock }),
          ...always,
          ...parts,
        });
      let now = await open();
      ends.push(() => now.close());
      return {
        folder,
        get now() {
          return now;
        },
        close: () => now.close(),
        async restart() {
          await now.close();
          now = await open();
        },
      };
    },

    async owner(relay) {
      const ada = await ground.desktop();
      const typed = `landline://setup?relay=${relay.address}&code=${relay.now.setupCode}&key=${relay.now.fingerprint}`;
      const { address, fingerprint, invite } = await ada.now.call('relay.probe', { typed });
      const account = { name: 'Ada', handle: 'ada', password: PASSWORD, device: 'Desk' };
      await ada.now.call('team.setup', {
        address,
        fingerprint,
        code: invite?.code ?? '',
        teamName: 'Night shift',
        ...account,
      });
      await ada.now.until('Ada is live', () => isLive(ada));
      return ada;
    },

    async guest(host, name) {
      const { link } = await host.now.call('invite.create', {
        team: host.now.team.team.id,
        role: 'member',
        days: 7,
        uses: 1,
      });
      const guest = await ground.desktop();
      const { address, fingerprint, invite } = await guest.now.call('relay.probe', { typed: link });
      const account = { name, handle: name.toLowerCase(), password: PASSWORD, device: 'Laptop' };
      await guest.now.call('team.join', {
        address,
        fingerprint,
        code: invite?.code ?? '',
        ...account,
      });
      await guest.now.until(`${name} is live`, () => isLive(guest));
      return guest;
    },

    async dispose() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
  return ground;
}

export const copyFolder = (from: string, to: string): void => cpSync(from, to, { recursive: true });
