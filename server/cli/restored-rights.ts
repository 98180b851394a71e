/** Compares the rights in a backup with those in the store that it replaces. Pure. */
import type { Role } from '../../protocol/entities.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Rights } from '../ports/restore.ts';
import { outranks } from '../domain/policy.ts';
import type { Restored } from '../restored.ts';

/**
 * What is alive in the backup and had ended in the newer store.
 * @param newer  undefined when there is none, or it cannot be read
 */
export function findRestored(backup: Rights, newer: Rights | undefined, now: number): Restored {
  const person = (id: MemberId) => {
    const { handle = 'unknown', name = 'unknown' } = backup.members.get(id) ?? {};
    return { id, handle, name };
  };
  const openInvites = [...backup.invites].filter(([, { expiresAt }]) => expiresAt > now);
  if (!newer)
    return {
      isCompared: false,
      members: [],
      roles: [],
      sessions: [],
      memberships: [],
      invites: openInvites.map(([id, invite]) => ({ id, ...invite })),
    };
  const both = [...backup.members].flatMap(([id, before]) => {
    const after = newer.members.get(id);
    return before.isActive && after ? [{ id, before, after }] : [];
  });
  return {
    isCompared: true,
    members: both.filter(({ after }) => !after.isActive).map(({ id }) => person(id)),
    roles: both
      .filter(({ before, after }) => after.isActive && isHigher(before.role, after.role))
      .map(({ id, before, after }) => ({ ...person(id), role: before.role, ended: after.role })),
    sessions: [...backup.sessions]
      .filter(([id]) => !newer.sessions.has(id))
      .map(([id, { device, member }]) => ({ id, device, member: person(member) })),
    memberships: [...backup.memberships]
      .filter(([key]) => !newer.memberships.has(key))
      .map(([, { channel, name, member }]) => ({ channel, name, member: person(member) })),
    invites: openInvites
      .filter(([id, { uses }]) => (newer.invites.get(id)?.uses ?? 0) < uses)
      .map(([id, invite]) => ({ id, ...invite })),
  };
}

const isHigher = (a: Role, b: Role): boolean => a !== b && outranks(a, b);
