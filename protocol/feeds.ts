/**
 * Feeds: numbered, append-only sequences of events. Numbers run 1, 2, 3 … without holes and are taken in the
 * transaction that inserts the event. Nothing in a feed is hidden from some of those who may read it.
 *
 * An event is immutable but for one thing: when a message is edited, its `posted` event is given out with the current
 * text (`edited` tells since when), and when it is deleted, its `posted` and `edited` events are given out as
 * `redacted`, so that deleted words are gone from every later page. Applying `edited` and `deleted` events to a
 * message in any order therefore ends in one state: deleted wins, else the text with the highest sequence number.
 */
import { z } from 'zod';
import {
  channel,
  isSeq,
  isTime,
  level,
  member,
  name,
  seq,
  session,
  team,
  time,
  topic,
} from './entities.ts';
import {
  channelId,
  isMemberId,
  isMessageId,
  memberId,
  messageId,
  operationId,
  sessionId,
} from './ids.ts';

/**
 * What the relay gives out with the number of an event, to know later that the event stood there:
 * a name of the event and an HMAC by the team's position key. A client only keeps it.
 */
const PROOF = /^[A-Za-z0-9_-]{34}$/;
export const proof = z.string().regex(PROOF);
export type Proof = z.infer<typeof proof>;

/** The highest event that a client holds without a gap at its end, with that event's `at`. */
export const heldEvent = z.strictObject({ seq, at: time });
/** The newest proof that the client was given for this feed. Mostly of an event before `seq`. */
export const provenEvent = z.strictObject({ seq, proof });
/** Where a client stands in a feed. It means nothing under another epoch. */
export const position = heldEvent.extend({ proven: provenEvent.optional() });
export type Position = Readonly<z.infer<typeof position>>;
export type HeldEvent = Readonly<z.infer<typeof heldEvent>>;
export type ProvenEvent = Readonly<z.infer<typeof provenEvent>>;

/** What the schemas above say, for who reads hundreds of them in a row; a test holds them to it. */
export const isHeldEvent = (value: unknown): value is HeldEvent =>
  isObject(value, 2) && isSeq(value['seq']) && isTime(value['at']);
export function isPosition(value: unknown): value is Position {
  if (isHeldEvent(value)) return true;
  if (!isObject(value, 3) || !isSeq(value['seq']) || !isTime(value['at'])) return false;
  const proven = value['proven'];
  return (
    isObject(proven, 2) &&
    isSeq(proven['seq']) &&
    typeof proven['proof'] === 'string' &&
    PROOF.test(proven['proof'])
  );
}

const isObject = (value: unknown, keys: number): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.keys(value).length === keys;

/** Sequence numbers `from` to `to`, both included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

const base = { seq, at: time, by: memberId };
const messageText = z.string();

const channelEvents = {
  created: z.object({ ...base, kind: z.literal('created'), channel, members: z.array(memberId) }),
  posted: z.object({
    ...base,
    kind: z.literal('posted'),
    id: messageId,
    text: messageText,
    edited: z.object({ seq, at: time }).optional(),
  }),
  edited: z.object({ ...base, kind: z.literal('edited'), id: messageId, text: messageText }),
  deleted: z.object({ ...base, kind: z.literal('deleted'), id: messageId }),
  redacted: z.object({
    ...base,
    kind: z.literal('redacted'),
    id: messageId,
    was: z.enum(['posted', 'edited']),
  }),
  joined: z.object({ ...base, kind: z.literal('joined'), member: memberId }),
  left: z.object({ ...base, kind: z.literal('left'), member: memberId }),
  changed: z.object({
    ...base,
    kind: z.literal('changed'),
    name: name.optional(),
    topic: topic.optional(),
  }),
  archived: z.object({ ...base, kind: z.literal('archived'), isArchived: z.boolean() }),
};

const memberEvents = {
  /** The member is now in this channel. `readSeq` is where their read mark starts. */
  'channel-joined': z.object({
    ...base,
    kind: z.literal('channel-joined'),
    channel,
    readSeq: seq,
    level,
  }),
  'channel-left': z.object({ ...base, kind: z.literal('channel-left'), channel: channelId }),
  /** The read mark as it now stands: everything up to `seq` is read on all devices. */
  read: z.object({ ...base, kind: z.literal('read'), channel: channelId, readSeq: seq }),
  level: z.object({ ...base, kind: z.literal('level'), channel: channelId, level }),
  'session-started': z.object({ ...base, kind: z.literal('session-started'), session }),
  'session-ended': z.object({ ...base, kind: z.literal('session-ended'), session: sessionId }),
  /** An `echo` came through. Says nothing and changes nothing. */
  echoed: z.object({ ...base, kind: z.literal('echoed'), id: operationId, text: z.string() }),
};

const teamEvents = {
  'member-joined': z.object({ ...base, kind: z.literal('member-joined'), member }),
  'member-changed': z.object({ ...base, kind: z.literal('member-changed'), member }),
  /** A public channel as it now is: created, renamed, archived. */
  'channel-listed': z.object({ ...base, kind: z.literal('channel-listed'), channel }),
  'team-changed': z.object({ ...base, kind: z.literal('team-changed'), team }),
};

const EVENTS = { ...channelEvents, ...memberEvents, ...teamEvents };
export const EVENT_SCHEMAS: Readonly<Record<string, z.ZodType>> = EVENTS;

type EventOf<T> = {
  readonly [K in keyof T]: T[K] extends z.ZodType ? Readonly<z.infer<T[K]>> : never;
}[keyof T];
export type ChannelEvent = EventOf<typeof channelEvents>;
export type MemberEvent = EventOf<typeof memberEvents>;
export type TeamEvent = EventOf<typeof teamEvents>;
export type KnownEvent = ChannelEvent | MemberEvent | TeamEvent;

/** An event of a kind this build does not know: it advances the position and is kept as it came. */
export interface UnknownEvent {
  readonly seq: number;
  readonly at: number;
  readonly by: string;
  readonly kind: 'unknown';
  readonly raw: unknown;
}
export type FeedEvent = KnownEvent | UnknownEvent;

const unknownBase = z.looseObject({ ...base, kind: z.string() });

/** Reads one event from a page or push; undefined only if even `seq`, `at`, `by` or `kind` is wrong. */
export function parseEvent(raw: unknown): FeedEvent | undefined {
  return readPosted(raw) ?? parseBySchema(raw);
}

/** The same verdict by the schemas alone: what `readPosted` is held to by a test. */
export function parseBySchema(raw: unknown): FeedEvent | undefined {
  const kind = (raw as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind === 'string' && Object.hasOwn(EVENTS, kind)) {
    const known = EVENTS[kind as keyof typeof EVENTS].safeParse(raw);
    if (known.success) return known.data;
  }
  const { data } = unknownBase.safeParse(raw);
  return data && { seq: data.seq, at: data.at, by: data.by, kind: 'unknown', raw };
}

/**
 * Nearly every event of a catch-up is a message nobody edited. Read by hand, a page of 200 of them costs a third of what it costs by
 * schema. Whatever is not plainly one is left to the schema, so this can only agree with it.
 */
function readPosted(raw: unknown): Extract<ChannelEvent, { readonly kind: 'posted' }> | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || 'edited' in raw)
    return undefined;
  const { seq, at, by, kind, id, text } = raw as Readonly<Record<string, unknown>>;
  if (kind !== 'posted' || typeof text !== 'string') return undefined;
  if (!isSeq(seq) || !isTime(at) || !isMemberId(by) || !isMessageId(id)) return undefined;
  return { seq, at, by, kind, id, text };
}
