/**
 * What a client may say to the relay. Three manners: a **mutation** carries an operation id `op` and is answered by
 * `ack` or `refused`, once or many times with one effect; a **question** carries a request number `req` and is
 * answered by one frame with the same `req`; a **signal** is not answered and may be dropped. Objects are strict:
 * an unknown field is refused, so that nobody relies on something the relay silently ignores.
 */
import { z } from 'zod';
import {
  inviteDays,
  inviteUses,
  level,
  memberInviteUses,
  name,
  presence,
  role,
  seq,
  time,
  topic,
} from './entities.ts';
import { isPosition, type Position } from './feeds.ts';
import {
  channelId,
  epochId,
  feedId,
  memberId,
  messageId,
  newChannelId,
  operationId,
  sessionId,
} from './ids.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const op = operationId;
const req = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const text = z
  .string()
  .min(1)
  .max(DEFAULT_LIMITS.textBytes)
  .refine((value) => value.isWellFormed() && !value.includes('\u0000'));
const secret = z.string().min(1).max(DEFAULT_LIMITS.passwordMaxBytes);
const members = z.array(memberId).max(DEFAULT_LIMITS.channelStartMembers);

export const hello = z.strictObject({
  t: z.literal('hello'),
  versions: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  /** The epoch the positions belong to; null with none. */
  epoch: epochId.nullable(),
  /** Where this client stands in each feed. */
  positions: z
    .record(feedId, z.custom<Position>(isPosition))
    .refine((positions) => Object.keys(positions).length <= DEFAULT_LIMITS.helloPositions),
  /** The channel on screen: its pages come first. */
  focus: channelId.nullable(),
  presence,
  /** What the client's wall clock shows, in epoch ms. Orders nothing; a relay whose own clock seems wrong compares. */
  at: time.optional(),
  /** To be pinged more often than the relay does by itself. Only for a relay that names `pingLeastMs` in its `welcome`. */
  pingEveryMs: z
    .number()
    .int()
    .min(DEFAULT_LIMITS.pingLeastMs)
    .max(DEFAULT_LIMITS.pingMostMs)
    .optional(),
  /** After `welcome` not a byte is said for so long, then all that was missed. For who measures a line; a poll does not obey it. */
  silenceMs: z.number().int().min(1).max(DEFAULT_LIMITS.silenceMs).optional(),
});

export const mutations = {
  /** Adds a message. Its `op` is the message's id for ever. */
  post: z.strictObject({ t: z.literal('post'), op: messageId, channel: channelId, text }),
  edit: z.strictObject({ t: z.literal('edit'), op, channel: channelId, message: messageId, text }),
  delete: z.strictObject({ t: z.literal('delete'), op, channel: channelId, message: messageId }),
  /** Moves the own read mark: forward only, unless `isBack` says the person asked for it. */
  read: z.strictObject({
    t: z.literal('read'),
    op,
    channel: channelId,
    seq,
    isBack: z.boolean().optional(),
  }),
  level: z.strictObject({ t: z.literal('level'), op, channel: channelId, level }),
  'create-channel': z.strictObject({
    t: z.literal('create-channel'),
    op,
    id: newChannelId,
    kind: z.enum(['public', 'private']),
    name,
    topic,
    members,
  }),
  /** The one conversation of exactly these members and the asker; made if there is none. The ack names it. */
  'open-direct': z.strictObject({
    t: z.literal('open-direct'),
    op,
    id: newChannelId,
    members: z.array(memberId).max(DEFAULT_LIMITS.groupMembers - 1),
  }),
  'change-channel': z.strictObject({
    t: z.literal('change-channel'),
    op,
    channel: channelId,
    name: name.optional(),
    topic: topic.optional(),
  }),
  archive: z.strictObject({
    t: z.literal('archive'),
    op,
    channel: channelId,
    isArchived: z.boolean(),
  }),
  join: z.strictObject({ t: z.literal('join'), op, channel: channelId }),
  leave: z.strictObject({ t: z.literal('leave'), op, channel: channelId }),
  'add-member': z.strictObject({
    t: z.literal('add-member'),
    op,
    channel: channelId,
    member: memberId,
  }),
  'remove-member': z.strictObject({
    t: z.literal('remove-member'),
    op,
    channel: channelId,
    member: memberId,
  }),
  'change-profile': z.strictObject({ t: z.literal('change-profile'), op, name }),
  'set-role': z.strictObject({ t: z.literal('set-role'), op, member: memberId, role }),
  /** Deactivation ends every live socket of the member within a second. */
  'set-active': z.strictObject({
    t: z.literal('set-active'),
    op,
    member: memberId,
    isActive: z.boolean(),
  }),
  /** What is left out stays as it is. */
  'change-team': z.strictObject({
    t: z.literal('change-team'),
    op,
    name: name.optional(),
    memberInviteDays: inviteDays.optional(),
    memberInviteUses: memberInviteUses.optional(),
  }),
  /** Takes the whole way of a message, disk included, and comes back to its sender alone: for who measures a line. */
  echo: z.strictObject({ t: z.literal('echo'), op, text: text.max(DEFAULT_LIMITS.echoLength) }),
};

export const questions = {
  /** Events `from` to `to` of a feed. The answer is one page: the newest events of that span that fit a page. */
  range: z.strictObject({ t: z.literal('range'), req, feed: feedId, from: seq.min(1), to: seq }),
  /** A channel's describing facts and who is in it, as of its `seq`. */
  roster: z.strictObject({ t: z.literal('roster'), req, channel: channelId }),
  /** The directory as of now: answered by `team-state`. */
  'get-team': z.strictObject({ t: z.literal('get-team'), req }),
  /** The own channels as of now: answered by `member-state`. */
  'get-member': z.strictObject({ t: z.literal('get-member'), req }),
  sessions: z.strictObject({ t: z.literal('sessions'), req }),
  'end-session': z.strictObject({ t: z.literal('end-session'), req, session: sessionId }),
  'create-invite': z.strictObject({
    t: z.literal('create-invite'),
    req,
    role: z.enum(['admin', 'member', 'guest']),
    days: inviteDays,
    uses: inviteUses,
  }),
  invites: z.strictObject({ t: z.literal('invites'), req }),
  'end-invite': z.strictObject({ t: z.literal('end-invite'), req, invite: z.uuid() }),
  /** New tokens for this session, without dropping the socket. */
  refresh: z.strictObject({ t: z.literal('refresh'), req, token: secret }),
  'change-password': z.strictObject({
    t: z.literal('change-password'),
    req,
    current: secret,
    next: secret,
  }),
  /** How much processor time the relay has taken so far. For owners and admins: it tells how busy everybody else is. */
  usage: z.strictObject({ t: z.literal('usage'), req }),
  /** Which of these changes, made by the asker, the store does not have: for who was acknowledged them by a store that lost history. */
  missing: z.strictObject({
    t: z.literal('missing'),
    req,
    ops: z.array(op).min(1).max(DEFAULT_LIMITS.missingOps),
  }),
  /** How many messages of others the events `from` to `to` of each channel are, and how many of them call the asker. */
  'count-unread': z.strictObject({
    t: z.literal('count-unread'),
    req,
    spans: z
      .array(z.strictObject({ channel: channelId, from: seq.min(1), to: seq }))
      .min(1)
      .max(DEFAULT_LIMITS.countSpans),
  }),
};

export const signals = {
  typing: z.strictObject({ t: z.literal('typing'), channel: channelId }),
  presence: z.strictObject({ t: z.literal('presence'), presence }),
};

export const UP_SCHEMAS = { hello, ...mutations, ...questions, ...signals };

type FrameOf<T> = {
  readonly [K in keyof T]: T[K] extends z.ZodType ? Readonly<z.infer<T[K]>> : never;
}[keyof T];
export type Hello = Readonly<z.infer<typeof hello>>;
export type Mutation = FrameOf<typeof mutations>;
export type Question = FrameOf<typeof questions>;
export type Signal = FrameOf<typeof signals>;
export type UpFrame = Hello | Mutation | Question | Signal;
export type UpFrameName = keyof typeof UP_SCHEMAS;
export type MutationOf<Name extends keyof typeof mutations> = Readonly<
  z.infer<(typeof mutations)[Name]>
>;
export type QuestionOf<Name extends keyof typeof questions> = Readonly<
  z.infer<(typeof questions)[Name]>
>;

export const isMutation = (frame: UpFrame): frame is Mutation => Object.hasOwn(mutations, frame.t);
export const isQuestion = (frame: UpFrame): frame is Question => Object.hasOwn(questions, frame.t);
