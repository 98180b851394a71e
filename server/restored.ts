/**
 * What a restore brought back to life: rights that had ended when the backup was put in place. The
 * restore finds them by comparing the backup with the store that it replaces, and keeps the list in
 * a file of the data folder until the operator ends them again. The file holds no secrets.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { handle, name, role } from '../protocol/entities.ts';
import { channelId, memberId, sessionId } from '../protocol/ids.ts';
import { writeSecretFile } from './auth/secret-file.ts';

const member = z.object({ id: memberId, handle, name });

const schema = z.object({
  /** False when there was no newer store to compare with: then every invite of the backup is listed. */
  isCompared: z.boolean(),
  /** Members who had been deactivated and are active again. */
  members: z.array(member),
  /** Members who had been given a lower role; `role` is the higher one that they have again. */
  roles: z.array(member.extend({ role, ended: role })),
  /** Devices that had been signed out. */
  sessions: z.array(z.object({ id: sessionId, device: z.string(), member })),
  /** Members who had left, or had been removed from, a channel that not everybody may join. */
  memberships: z.array(z.object({ channel: channelId, name: z.string(), member })),
  /** Invites that had been ended, or used more often than the backup knows. */
  invites: z.array(
    z.object({ id: z.string(), role, uses: z.number().int(), expiresAt: z.number() }),
  ),
});
export type Restored = Readonly<z.infer<typeof schema>>;

/** The kinds of rights, in the order in which they are shown and ended. */
export const RESTORED_KINDS = ['members', 'roles', 'sessions', 'memberships', 'invites'] as const;

export const countOf = (restored: Restored): number =>
  RESTORED_KINDS.reduce((sum, kind) => sum + restored[kind].length, 0);

/** The list that the last restore left, or undefined.
 *  @throws Error  the file is there and cannot be read: the list must not seem to be empty */
export function readRestored(path: string): Restored | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path} cannot be read. Move it away, and look through member list.`, {
      cause: error,
    });
  }
}

/** Replaces the list; one that is empty is removed. */
export function writeRestored(path: string, restored: Restored): void {
  if (countOf(restored) === 0) rmSync(path, { force: true });
  else writeSecretFile(path, `${JSON.stringify(restored)}\n`);
}

/** Both lists as one: a second restore must not hide what the first one brought back. */
export function joinRestored(older: Restored | undefined, newer: Restored): Restored {
  if (!older) return newer;
  const join = <T>(a: readonly T[], b: readonly T[], key: (one: T) => string): T[] => [
    ...new Map([...a, ...b].map((one) => [key(one), one])).values(),
  ];
  return {
    isCompared: older.isCompared && newer.isCompared,
    members: join(older.members, newer.members, ({ id }) => id),
    roles: join(older.roles, newer.roles, ({ id }) => id),
    sessions: join(older.sessions, newer.sessions, ({ id }) => id),
    memberships: join(
      older.memberships,
      newer.memberships,
      (one) => `${one.channel} ${one.member.id}`,
    ),
    invites: join(older.invites, newer.invites, ({ id }) => id),
  };
}
