/** A relay's process with its data on a real disk, on one port over all its restarts, and desktops that have joined it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import type { Limits } from '../../protocol/limits.ts';
import { STORE_FILE } from '../../server/config.ts';
import { serveRelay, type ProcessChange, type RelayProcess } from '../kit/relay-process.ts';
import { createDesktopChild, isLive, type DesktopChild, type DesktopChildParts } from './desktop-child.ts';

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

const PASSWORD = 'nine lives of the office cat';

export async function createSystemTeam(
  options: { readonly limits?: Partial<Limits>; readonly relay?: ProcessChange } = {},
): Promise<SystemTeam> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-system-'));
  const data = join(folder, 'relay');
  const port = await freePort();
  const desktops: DesktopChild[] = [];
  const serve = (): RelayProcess =>
    serveRelay(data, {
      ...options.relay,
      args: ['--port', String(port), '--log', 'warn', '--limits', JSON.stringify(options.limits ?? {}), ...(options.relay?.args ?? [])],
    });
  let relay = serve();
  const { setupLink, fingerprint } = await relay.ready;
  const at = { address: `127.0.0.1:${port}`, fingerprint };
  let founder: DesktopChild | undefined;

  const open = async (name: string, change: Partial<DesktopChildParts>): Promise<DesktopChild> => {
    const desktop = createDesktopChild({ name, folder: join(folder, name), ...change });
    desktops.push(desktop);
    await desktop.start();
    return desktop;
  };

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
    join: async (who, change = {}) => {
      const desktop = await open(`${who}-pc`, change);
      const account = { name: who, handle: who, password: PASSWORD, device: desktop.name };
      if (founder) {
        const { team } = founder.view;
        const invite = await founder.must('invite.create', { team: team ?? '', role: 'member', days: 1, uses: 1 });
        const link = parseInviteLink(invite.link);
        if (!link.ok) throw new Error(link.error);
        await desktop.must('team.join', { ...at, code: link.value.code, ...account });
      } else {
        const link = parseInviteLink(setupLink ?? '');
        if (!link.ok) throw new Error(link.error);
        await desktop.must('team.setup', { ...at, code: link.value.code, teamName: 'Night shift', ...account });
        founder = desktop;
      }
      await desktop.until('it is live', isLive);
      return desktop;
    },
    signIn: async (who, device, change = {}) => {
      const desktop = await open(device, change);
      await desktop.must('team.sign-in', { ...at, handle: who, password: PASSWORD, device });
      await desktop.until('it is live', isLive);
      return desktop;
    },
    dispose: async () => {
      for (const desktop of desktops) await desktop.kill('SIGKILL');
      relay.kill('SIGKILL');
      await relay.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
