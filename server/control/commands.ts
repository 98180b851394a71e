/**
 * What an operator may ask of a relay from its own machine, and what comes back. The same commands run inside a relay (over its
 * control socket) and, when none runs, straight on its store.
 */
import { z } from 'zod';
import {
  handle,
  inviteDays,
  inviteUses,
  name,
  role,
  type Member,
} from '../../protocol/entities.ts';
import type { TeamId } from '../../protocol/ids.ts';
import type { Restored } from '../restored.ts';

/** A member is named by handle or id. */
const who = z.string().min(1).max(200);

export const COMMANDS = {
  status: z.strictObject({ command: z.literal('status') }),
  /** Before the team is set up: a fresh setup code in place of the one before. */
  invite: z.strictObject({
    command: z.literal('invite'),
    role: z.enum(['admin', 'member', 'guest']),
    days: inviteDays,
    uses: inviteUses,
  }),
  members: z.strictObject({ command: z.literal('members') }),
  'add-member': z.strictObject({ command: z.literal('add-member'), handle, name, role }),
  'set-active': z.strictObject({ command: z.literal('set-active'), who, isActive: z.boolean() }),
  'set-role': z.strictObject({ command: z.literal('set-role'), who, role }),
  'reset-password': z.strictObject({ command: z.literal('reset-password'), who }),
  /** An absolute path; nothing that exists is overwritten. */
  backup: z.strictObject({ command: z.literal('backup'), path: z.string().min(1).max(4096) }),
  /** What the last restore brought back to life. */
  restored: z.strictObject({ command: z.literal('restored') }),
  'end-restored': z.strictObject({ command: z.literal('end-restored') }),
};

const anyCommand = z.discriminatedUnion('command', [
  COMMANDS.status,
  COMMANDS.invite,
  COMMANDS.members,
  COMMANDS['add-member'],
  COMMANDS['set-active'],
  COMMANDS['set-role'],
  COMMANDS['reset-password'],
  COMMANDS.backup,
  COMMANDS.restored,
  COMMANDS['end-restored'],
]);
export const command = anyCommand;
export type Command = z.infer<typeof anyCommand>;
export type CommandName = Command['command'];
export type CommandOf<Name extends CommandName> = Extract<Command, { readonly command: Name }>;

export interface Answers {
  readonly status: {
    readonly team: string | null;
    readonly teamId: TeamId;
    /** The id of the place where the blobs are; null when none was named. */
    readonly blobsPlace: string | null;
    readonly members: number;
    readonly addresses: readonly string[];
    readonly fingerprint: string | null;
    /** Null when no relay runs and the store was asked directly. */
    readonly startedAt: number | null;
  };
  readonly invite: {
    readonly purpose: 'join' | 'setup';
    readonly link: string;
    readonly role: string;
    readonly expiresAt: number;
    readonly uses: number;
  };
  readonly members: readonly Member[];
  readonly 'add-member': { readonly member: Member; readonly password: string };
  readonly 'set-active': Member;
  readonly 'set-role': Member;
  readonly 'reset-password': { readonly member: Member; readonly password: string };
  /** `blobs`: where there are blobs, which are not in the copy; null when there are none. */
  readonly backup: { readonly path: string; readonly blobs: string | null };
  /** Null when nothing is left to look at. */
  readonly restored: Restored | null;
  /** How many were ended, and what could not be, which stays in the list. */
  readonly 'end-restored': { readonly ended: number; readonly left: Restored | null };
}

/** Why a command was not carried out, in words for the operator. */
export interface CommandFault {
  readonly kind: 'bad-command' | 'not-set-up' | 'no-such-member' | 'refused' | 'exists' | 'failed';
  readonly message: string;
}
