/**
 * What the window draws, as plain JSON values. The window never merges server data: it holds one `WindowState`, gets
 * it whole from `open`, and changes it only by `applyEvent`. Everything a view says is derived in the core; counts
 * are recomputable from the cache and never a truth of their own.
 */
import { z } from 'zod';

const id = z.string();
const seq = z.number();
const time = z.number();

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  language: z.enum(['system', 'en', 'zh-Hant']),
  density: z.enum(['comfortable', 'compact']),
  /** Enter sends, or Ctrl+Enter does. Never while an input method is composing. */
  sendWith: z.enum(['enter', 'ctrl-enter']),
  /** Older messages that are fetched without being looked at: so many days back (0: none), until the cache is so large. */
  history: z.object({
    days: z.number().int().min(0).max(3_650),
    megabytes: z.number().int().min(1).max(100_000),
  }),
  notifications: z.object({
    isOn: z.boolean(),
    /** Notifications say "New message" and nothing else. */
    hideContent: z.boolean(),
    keywords: z.array(z.string().min(1).max(60)).max(50),
    mentionsBreakMute: z.boolean(),
    ignoreChannelMentions: z.boolean(),
    snoozeUntil: time.nullable(),
    /** Minutes of the local day; `from` after `to` runs over midnight. `days`: 0 is Sunday, the day `from` falls on. */
    quietHours: z
      .array(
        z.object({
          days: z.array(z.number().int().min(0).max(6)),
          from: z.number().int().min(0).max(1439),
          to: z.number().int().min(0).max(1439),
        }),
      )
      .max(20),
  }),
});
export type Settings = Readonly<z.infer<typeof settings>>;

/** The state of the one line to a relay; the wire in the title bar shows exactly this. */
export const wire = z.discriminatedUnion('state', [
  z.object({ state: z.literal('connecting'), attempt: z.number() }),
  /** Talking. `isCatchingUp` until everything missed has arrived. */
  z.object({
    state: z.literal('live'),
    rttMs: z.number().nullable(),
    node: z.string(),
    isCatchingUp: z.boolean(),
    /** What carries the line; all but `socket` mean that something on the way lets no WebSocket through. */
    door: z.enum(['socket', 'stream', 'long-poll', 'poll']),
    /** Something on the way cuts lines after so much silence, and is kept from it by so many pings. */
    impatience: z.object({ cutAfterMs: z.number(), pingEveryMs: z.number() }).optional(),
  }),
  /** Lost a moment ago; comes back by itself at `retryAt`. */
  z.object({ state: z.literal('reconnecting'), retryAt: time, attempt: z.number() }),
  /** Away for longer, or this computer has no network. Still tries by itself. */
  z.object({ state: z.literal('offline'), retryAt: time, attempt: z.number() }),
  /** Stays down until a person acts. */
  z.object({
    state: z.literal('stopped'),
    why: z.enum([
      'signed-out',
      'session-ended',
      'version',
      'key-changed',
      'not-a-relay',
      'protocol',
    ]),
    expectedKey: z.string().optional(),
    seenKey: z.string().optional(),
  }),
]);
export type Wire = Readonly<z.infer<typeof wire>>;

export const teamView = z.object({
  /** A local id for this membership: the same relay joined as two people is two of these. */
  id,
  name: z.string(),
  address: z.string(),
  fingerprint: z.string().nullable(),
  me: id,
  role: z.enum(['owner', 'admin', 'member', 'guest']),
  wire,
  /** Not yet acknowledged, and refused for good, messages of this team's outbox. */
  outbox: z.object({ waiting: z.number(), failed: z.number() }),
  /** Mentions and direct messages; the number on the badge. */
  mentions: z.number(),
  hasUnread: z.boolean(),
  /** This computer runs the relay. */
  isHostedHere: z.boolean(),
  /** The most that this person may give in an invite; null for those who may not invite. */
  mayInvite: z.object({ days: z.number(), uses: z.number() }).nullable(),
  /**
   * The most that members may give; `uses: 0` means that they may not invite. Owners and admins
   * change it.
   */
  memberInvites: z.object({ days: z.number(), uses: z.number() }),
});
export type TeamView = Readonly<z.infer<typeof teamView>>;

export const channelView = z.object({
  id,
  kind: z.enum(['public', 'private', 'direct', 'group']),
  name: z.string(),
  topic: z.string(),
  isArchived: z.boolean(),
  /** False for a public channel one may browse and join. */
  isJoined: z.boolean(),
  /** For direct and group channels: the others in it (oneself only for notes to self). */
  with: z.array(id),
  head: seq,
  /** Everything up to here is read. */
  readSeq: seq,
  /** Messages of others after the read mark, as far as they are known. */
  unread: z.number(),
  mentions: z.number(),
  level: z.enum(['all', 'mentions', 'none']),
  hasDraft: z.boolean(),
  /** When the last message was posted; 0 without one. */
  lastAt: time,
});
export type ChannelView = Readonly<z.infer<typeof channelView>>;

export const memberView = z.object({
  id,
  handle: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'admin', 'member', 'guest']),
  isActive: z.boolean(),
  /** Epoch ms. The order in which people came decides their colours. */
  joinedAt: z.number(),
});
export type MemberView = Readonly<z.infer<typeof memberView>>;

export const presence = z.enum(['here', 'away', 'dnd', 'gone']);
export type PresenceView = z.infer<typeof presence>;

/** Where an own message is on its way. `sent` means on the relay's disk. */
export const delivery = z.discriminatedUnion('state', [
  z.object({ state: z.literal('sent') }),
  /** On this computer's disk; goes out by itself. `isWaiting`: the line is down or busy. */
  z.object({ state: z.literal('sending'), isWaiting: z.boolean() }),
  /** Refused for good: Retry or Delete. `why` is a refusal kind. */
  z.object({ state: z.literal('failed'), why: z.string() }),
]);
export type Delivery = Readonly<z.infer<typeof delivery>>;

const placed = {
  /** Stable for the life of the row, before and after it is acknowledged. */
  key: z.string(),
  /** Rows are drawn in ascending `order`: the sequence number, or for what is still to be sent something beyond all of them. */
  order: z.number(),
};

export const timelineRow = z.discriminatedUnion('type', [
  z.object({
    ...placed,
    type: z.literal('message'),
    id,
    /** Null until acknowledged. */
    seq: seq.nullable(),
    author: id,
    at: time,
    text: z.string(),
    editedAt: time.nullable(),
    isDeleted: z.boolean(),
    mentionsMe: z.boolean(),
    delivery,
  }),
  z.object({
    ...placed,
    type: z.literal('note'),
    seq,
    at: time,
    by: id,
    note: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('created') }),
      z.object({ kind: z.literal('joined'), member: id }),
      z.object({ kind: z.literal('left'), member: id }),
      z.object({ kind: z.literal('renamed'), name: z.string() }),
      z.object({ kind: z.literal('topic'), topic: z.string() }),
      z.object({ kind: z.literal('archived'), isArchived: z.boolean() }),
    ]),
  }),
  /** Something is missing here; it is fetched when it comes into view, if the relay can be reached. */
  z.object({ ...placed, type: z.literal('hole'), from: seq, to: seq }),
]);
export type TimelineRow = Readonly<z.infer<typeof timelineRow>>;
export type MessageRow = Extract<TimelineRow, { readonly type: 'message' }>;

/** The loaded stretch of one channel's timeline. */
export const timelineView = z.object({
  team: id,
  channel: id,
  rows: z.array(timelineRow),
  hasOlder: z.boolean(),
  /** False when the stretch reaches the live end: new messages are appended. */
  hasNewer: z.boolean(),
  /** The unread line is drawn above the first message of others after this; fixed while the channel stays open. */
  unreadAfter: seq.nullable(),
  /** A row to bring into view once, after a jump. */
  target: z.string().nullable(),
});
export type TimelineView = Readonly<z.infer<typeof timelineView>>;

/**
 * What a channel was called when something was written in it, kept for when the channel itself is
 * gone.
 */
export const channelName = z.object({
  kind: z.enum(['public', 'private', 'direct', 'group']),
  name: z.string(),
  /** For direct and group channels: what the others were called. */
  people: z.array(z.string()),
});
export type ChannelName = Readonly<z.infer<typeof channelName>>;

/**
 * A text of the person that is not with the others and would be out of sight: it failed, or its
 * channel is not one where it can be seen and written. Also each edit that was begun, wherever its
 * message is.
 */
export const unsentView = z.object({
  key: id,
  kind: z.enum(['message', 'edit', 'draft', 'edit-draft']),
  channel: id,
  /** Null: the channel was never known on this computer. */
  name: channelName.nullable(),
  /** `here`: a channel the person is in and may write to. */
  where: z.enum(['here', 'archived', 'left', 'gone']),
  /** The message that waits, failed, or is edited; null for a draft of a new one. */
  message: id.nullable(),
  /** The message that is edited was deleted. */
  isDeleted: z.boolean(),
  /** How the text begins. */
  excerpt: z.string(),
  at: time,
  /** Why it failed, a refusal kind; null while it waits, and for drafts. */
  why: z.string().nullable(),
});
export type UnsentView = Readonly<z.infer<typeof unsentView>>;

export const teamState = z.object({
  team: teamView,
  channels: z.record(id, channelView),
  unsent: z.record(id, unsentView),
  members: z.record(id, memberView),
  /** Members not named are gone. */
  presence: z.record(id, presence),
  /** Who is typing, per channel; empty ones are left out. */
  typing: z.record(id, z.array(id)),
});
export type TeamState = Readonly<z.infer<typeof teamState>>;

/** Something the world outside asks the window to do; stays in the state until the window says it took it. */
export const request = z.discriminatedUnion('kind', [
  z.object({
    n: z.number(),
    kind: z.literal('go-to'),
    team: id,
    channel: id,
    message: id.nullable(),
  }),
  z.object({ n: z.number(), kind: z.literal('invite'), link: z.string() }),
  z.object({ n: z.number(), kind: z.literal('settings') }),
]);
export type WindowRequest = Readonly<z.infer<typeof request>>;

/** Shown as a quiet banner until dismissed or over. */
export const notice = z.union([
  z.object({
    id: z.string(),
    kind: z.enum([
      'notification-failed',
      'cache-rebuilt',
      /** The cache failed again: what the relay sends is kept in memory until the next start. */
      'cache-in-memory',
      /** The file of unsent messages, drafts and teams was damaged, and nothing of it could be read. */
      'ledger-lost',
      'settings-reset',
      'secrets-unprotected',
      'disk-full',
      /** The data folder cannot be read or written, and not for want of room. */
      'folder-unusable',
      'relay-crashed',
    ]),
  }),
  /** The same file was damaged; so many unsent messages and drafts could be read. */
  z.object({
    id: z.string(),
    kind: z.literal('ledger-mended'),
    messages: z.number(),
    drafts: z.number(),
  }),
  /** Single entries of it were damaged and are kept apart. */
  z.object({ id: z.string(), kind: z.literal('rows-set-aside'), count: z.number() }),
]);
export type Notice = Readonly<z.infer<typeof notice>>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type NoticeContent = Readonly<WithoutId<Notice>>;

export const windowState = z.object({
  app: z.object({
    version: z.string(),
    host: z.enum(['electron', 'browser']),
    /** node's process.platform */
    os: z.string(),
    /** BCP 47, from the system. */
    locale: z.string(),
    canHostTeam: z.boolean(),
  }),
  settings,
  /** In the order of the rail. */
  teamOrder: z.array(id),
  teams: z.record(id, teamState),
  timeline: timelineView.nullable(),
  request: request.nullable(),
  notices: z.array(notice),
});
export type WindowState = Readonly<z.infer<typeof windowState>>;
