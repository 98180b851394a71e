/**
 * The things a team is made of, as they travel. Texts that people see as names (`name`, `topic`, `handle`) are NFC,
 * trimmed, free of control and bidirectional-override characters; the text of a message is kept byte for byte.
 */
import { z } from 'zod';
import { channelId, memberId, sessionId } from './ids.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { isCleanName, isHandle } from './names.ts';

const MAX_TIME = 8.64e15;

export const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since 1970, by the relay's clock. */
export const time = z.number().int().min(0).max(MAX_TIME);
/** What the two schemas above say, for who reads thousands of them in a row. */
export const isSeq = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
export const isTime = (value: unknown): value is number => isSeq(value) && value <= MAX_TIME;

export const name = z.string().min(1).max(DEFAULT_LIMITS.nameLength).refine(isCleanName);
export const topic = z
  .string()
  .max(DEFAULT_LIMITS.topicLength)
  .refine((text) => text === '' || isCleanName(text));
export const handle = z.string().min(1).max(DEFAULT_LIMITS.handleLength).refine(isHandle);

export const ROLES = ['owner', 'admin', 'member', 'guest'] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

export const CHANNEL_KINDS = ['public', 'private', 'direct', 'group'] as const;
export const channelKind = z.enum(CHANNEL_KINDS);
export type ChannelKind = z.infer<typeof channelKind>;

/** A member of the team, as everybody in it may see them. */
export const member = z.object({
  id: memberId,
  handle,
  name,
  role,
  isActive: z.boolean(),
  joinedAt: time,
});
export type Member = z.infer<typeof member>;

/**
 * A channel's describing facts as of `seq` in its feed. `members` lists who is in it for direct and group channels,
 * whose membership never changes; for the others ask `roster`. `name` is empty for direct and group channels.
 */
export const channel = z.object({
  id: channelId,
  kind: channelKind,
  name: z.string().max(DEFAULT_LIMITS.nameLength),
  topic: z.string().max(DEFAULT_LIMITS.topicLength),
  isArchived: z.boolean(),
  createdAt: time,
  createdBy: memberId,
  members: z.array(memberId).optional(),
  seq,
});
export type Channel = z.infer<typeof channel>;

export const LEVELS = ['all', 'mentions', 'none'] as const;
export const level = z.enum(LEVELS);
export type Level = z.infer<typeof level>;

/** What a person chose to show. `gone` is never said by a client: it means that no device of theirs is connected. */
export const PRESENCES = ['here', 'away', 'dnd', 'gone'] as const;
export const presence = z.enum(PRESENCES);
export type Presence = z.infer<typeof presence>;

/** One signed-in device, as its own member sees it. */
export const session = z.object({
  id: sessionId,
  device: z.string().max(DEFAULT_LIMITS.nameLength),
  createdAt: time,
  lastSeenAt: time,
  isLive: z.boolean(),
});
export type Session = z.infer<typeof session>;

export const inviteDays = z.number().int().min(1).max(DEFAULT_LIMITS.inviteMaxDays);
export const inviteUses = z.number().int().min(1).max(DEFAULT_LIMITS.inviteMaxUses);
/** What members may give. With no use at all they cannot invite. */
export const memberInviteUses = z.number().int().min(0).max(DEFAULT_LIMITS.inviteMaxUses);

export const team = z.object({
  id: z.string(),
  name,
  createdAt: time,
  memberInviteDays: inviteDays,
  memberInviteUses,
});
export type Team = z.infer<typeof team>;
