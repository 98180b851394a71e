/** Desktops that join a team over the network, each a process of its own. The first one founds the team. */
import { join } from 'node:path';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import {
  createDesktopChild,
  isLive,
  type DesktopChild,
  type DesktopChildParts,
} from './desktop-child.ts';

export interface MembersParts {
  /** Where the desktops' folders are made. */
  readonly folder: string;
  readonly address: string;
  readonly fingerprint: string | null;
  readonly setupLink: string | null;
}

export interface Members {
  /** Joins the team as a new member. */
  join(who: string, change?: Partial<DesktopChildParts>): Promise<DesktopChild>;
  /** Another device of a member who has joined. */
  signIn(who: string, device: string, change?: Partial<DesktopChildParts>): Promise<DesktopChild>;
  dispose(): Promise<void>;
}

const PASSWORD = 'nine lives of the office cat';

export function createMembers({ folder, address, fingerprint, setupLink }: MembersParts): Members {
  const desktops: DesktopChild[] = [];
  const at = { address, fingerprint };
  let founder: DesktopChild | undefined;

  const open = async (name: string, change: Partial<DesktopChildParts>): Promise<DesktopChild> => {
    const desktop = createDesktopChild({ name, folder: join(folder, name), ...change });
    desktops.push(desktop);
    await desktop.start();
    return desktop;
  };

  return {
    join: async (who, change = {}) => {
      const desktop = await open(`${who}-pc`, change);
      const account = { name: who, handle: who, password: PASSWORD, device: desktop.name };
      if (founder) {
        const { team } = founder.view;
        const invite = await founder.must('invite.create', {
          team: team ?? '',
          role: 'member',
          days: 1,
          uses: 1,
        });
        const link = parseInviteLink(invite.link);
        if (!link.ok) throw new Error(link.error);
        await desktop.must('team.join', { ...at, code: link.value.code, ...account });
      } else {
        const link = parseInviteLink(setupLink ?? '');
        if (!link.ok) throw new Error(link.error);
        await desktop.must('team.setup', {
          ...at,
          code: link.value.code,
          teamName: 'Night shift',
          ...account,
        });
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
    },
  };
}
