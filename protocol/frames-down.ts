/**
 * What the relay says. Objects are tolerant: a field this build does not know is dropped, an event kind it does not
 * know is kept raw. Feeds arrive as `events` (live, contiguous) and `page` (catch-up and history); `beat` names the
 * heads of feeds that moved, so that a push lost on the way is found within one beat and pulled.
 */
import { z } from 'zod';
import { channel, level, member, presence, role, seq, session, team, time } from './entities.ts';
import { refusal } from './errors.ts';
import { parseEvent, proof, type FeedEvent } from './feeds.ts';
import { channelId, epochId, feedId, memberId, operationId, sessionId } from './ids.ts';

const req = z.number().int();
const heads = z.record(feedId, seq);
/** The event at `seq`: when it happened, and a proof that it stands there. 0 and none for an empty feed. */
const stateAt = { seq, at: time, proof: proof.optional() };
/** One transform for all of them: 200 small ones cost more than what they read. */
const events = z.array(z.unknown()).transform((raws, context): FeedEvent[] => {
  const read: FeedEvent[] = [];
  for (const raw of raws) {
    const event = parseEvent(raw);
    if (!event) {
      context.issues.push({ code: 'custom', message: 'not an event', input: raw });
      return z.NEVER;
    }
    read.push(event);
  }
  return read;
});

const readState = { channel, readSeq: seq, level };
export const memberChannel = z.object(readState);
export type MemberChannel = Readonly<z.infer<typeof memberChannel>>;

export const invite = z.object({
  id: z.string(),
  role,
  createdBy: memberId,
  createdAt: time,
  expiresAt: time,
  usesLeft: z.number().int(),
});
export type Invite = Readonly<z.infer<typeof invite>>;

export const unreadCount = z.object({
  channel: channelId,
  from: seq,
  to: seq,
  head: seq,
  messages: z.number().int(),
  /** Those that name the asker, `@here` or `@channel`. */
  mentions: z.number().int(),
  /** Those that name the asker or `@here`. */
  mentionsWithoutChannel: z.number().int(),
});
export type UnreadCount = Readonly<z.infer<typeof unreadCount>>;

export const DOWN_SCHEMAS = {
  /**
   * The answer to a good `hello`; every live event after it follows on this socket. `heads` names all feeds the
   * member may read. With an `epoch` other than the client's, or with positions that the store does
   * not bear out (`isResumed` is false), the client drops positions and cache and keeps its outbox.
   */
  welcome: z.object({
    t: z.literal('welcome'),
    version: z.number().int(),
    epoch: epochId,
    /** Whether the catch-up goes on from the positions in `hello`; else it begins with nothing. */
    isResumed: z.boolean(),
    team,
    member: memberId,
    session: sessionId,
    /** Which relay of a cluster this is. */
    node: z.string(),
    at: time,
    heads,
    /** How long the access token of this socket is still good. */
    accessExpiresInMs: z.number().int(),
    limits: z.object({
      textBytes: z.number().int(),
      pageEvents: z.number().int(),
      sendsPerSecond: z.number(),
      sendsBurst: z.number().int(),
      /** The pause between pings that is kept on this line, give or take a fifth. */
      pingEveryMs: z.number().int(),
      /** The shortest that `hello` may ask for. A relay that names none refuses a `hello` that asks, and one with `silenceMs`. */
      pingLeastMs: z.number().int().optional(),
    }),
  }),
  /** The directory as of `seq` of the team feed. Sent when the client has no usable position there. */
  'team-state': z.object({
    t: z.literal('team-state'),
    req: req.optional(),
    ...stateAt,
    team,
    members: z.array(member),
    /** Public channels, and nothing else. */
    channels: z.array(channel),
  }),
  /** The member's own channels as of `seq` of the member feed. */
  'member-state': z.object({
    t: z.literal('member-state'),
    req: req.optional(),
    ...stateAt,
    channels: z.array(memberChannel),
  }),
  /**
   * Every event of the feed from `from` to `to`. `channel` comes along when the page does not follow on from the
   * client's position: what changed in between is in it.
   */
  page: z.object({
    t: z.literal('page'),
    req: req.optional(),
    feed: feedId,
    from: seq,
    to: seq,
    head: seq,
    events,
    /** That the event at `to` stands there. */
    proof: proof.optional(),
    channel: channel.optional(),
  }),
  /** Catch-up is over: everything up to the heads of `welcome` was sent, or is a hole the client can ask for. */
  'caught-up': z.object({ t: z.literal('caught-up') }),
  events: z.object({ t: z.literal('events'), feed: feedId, events }),
  /** The change is on the relay's disk. `channel` is set by `create-channel` and `open-direct`. */
  ack: z.object({
    t: z.literal('ack'),
    op: operationId,
    feed: feedId,
    seq,
    at: time,
    channel: channelId.optional(),
  }),
  refused: z.object({
    t: z.literal('refused'),
    op: operationId.optional(),
    req: req.optional(),
    refusal,
  }),
  /** `proofs` are those of the heads. */
  beat: z.object({
    t: z.literal('beat'),
    at: time,
    heads,
    proofs: z.record(feedId, proof),
  }),
  roster: z.object({ t: z.literal('roster'), req, channel, members: z.array(memberId) }),
  sessions: z.object({ t: z.literal('sessions'), req, sessions: z.array(session) }),
  invite: z.object({
    t: z.literal('invite'),
    req,
    invite,
    code: z.string(),
    addresses: z.array(z.string()),
    fingerprint: z.string().nullable(),
  }),
  invites: z.object({ t: z.literal('invites'), req, invites: z.array(invite) }),
  tokens: z.object({
    t: z.literal('tokens'),
    req,
    access: z.string(),
    accessExpiresInMs: z.number().int(),
    refresh: z.string(),
  }),
  done: z.object({ t: z.literal('done'), req }),
  /** `cpuMs` of the whole process since its start, by all it did. Of a cluster only the relay `node` that answered. */
  usage: z.object({ t: z.literal('usage'), req, node: z.string(), cpuMs: z.number().int() }),
  /** Of the `ops` that were asked about, in the same order, those under which the asker has changed nothing here. */
  missing: z.object({ t: z.literal('missing'), req, ops: z.array(operationId) }),
  /**
   * What the spans come to, in the order of the question. Where that is more than the relay counts at once, `to` of the last is lower
   * than was asked for, and further ones are left out; so are channels that the asker may not read. As of `head`: what later events
   * change about these messages is not in it.
   */
  unread: z.object({ t: z.literal('unread'), req, counts: z.array(unreadCount) }),
  typing: z.object({ t: z.literal('typing'), channel: channelId, member: memberId }),
  presence: z.object({ t: z.literal('presence'), members: z.record(memberId, presence) }),
  /** The relay is going down: leave by yourself and come back after this long. */
  drain: z.object({ t: z.literal('drain'), afterMs: z.number().int() }),
};

type FrameOf<T> = {
  readonly [K in keyof T]: T[K] extends z.ZodType ? Readonly<z.infer<T[K]>> : never;
}[keyof T];
export type DownFrame = FrameOf<typeof DOWN_SCHEMAS>;
export type DownFrameName = DownFrame['t'];
export type Down<Name extends DownFrameName> = Extract<DownFrame, { readonly t: Name }>;
