/**
 * Applies a channel's feed to the cache. Every event is applied exactly once, whatever order stretches arrive in: what
 * is held already is skipped, the highest edit wins, a deletion wins over everything. It reports news (messages this
 * computer learns of for the first time at the live end) and leaves order and gaps to the feed.
 */
import type { Channel } from '../../../protocol/entities.ts';
import type { ChannelEvent, FeedEvent } from '../../../protocol/feeds.ts';
import type { Cache } from '../cache/data.ts';
import type { CachedMessage } from '../cache/message-rows.ts';
import type { Changes } from '../events/changes.ts';
import { callsOf } from '../../../protocol/mentions.ts';
import { addInterval, holds, holesIn, intervalAt, topOf } from './intervals.ts';
import { countsAfter, isForMe, type ChannelState, type Replica } from './replica.ts';

export interface ChannelLogParts {
  readonly replica: Replica;
  readonly cache: Cache;
  readonly changes: Changes;
  readonly mask: () => number;
  /** Inside the transaction: messages that are new here, in their order. Decides, and keeps, whether they notify. */
  onNews(channel: ChannelState, messages: readonly CachedMessage[]): void;
  /** A message's words are gone: what was shown of it has to go too. */
  onDeleted(channel: ChannelState, message: string): void;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Every event from `from` to `to`. */
  readonly events: readonly FeedEvent[];
  /** The channel's facts as of now, when the stretch does not follow on. */
  readonly facts?: Channel | undefined;
}

export interface ChannelLog {
  /** One transaction: events, stretch, counts. */
  absorb(channel: ChannelState, stretch: Stretch): void;
  /** Events that are held already, but of kinds that were not known when they came. One transaction; twice is once. */
  replay(channel: ChannelState, events: readonly FeedEvent[]): void;
  /** The relay has acknowledged a deletion; the event that says so may be another one, and may come later. */
  redact(channel: ChannelState, message: string, seq: number, at: number): void;
}

export function createChannelLog({
  replica,
  cache,
  changes,
  mask,
  onNews,
  onDeleted,
}: ChannelLogParts): ChannelLog {
  const { team } = replica;

  const putNote = (channel: ChannelState, event: ChannelEvent, notes: readonly object[]): void => {
    notes.forEach((note, part) => {
      cache.log.putNote(team.key, channel.key, {
        seq: event.seq,
        part,
        at: event.at,
        by: event.by,
        note: JSON.stringify(note),
      });
    });
    changes.note(team.id, channel.id, event.seq);
  };

  const stored = (channel: ChannelState, message: CachedMessage): CachedMessage => {
    const early = cache.log.takeEarly(team.key, channel.key, message.id);
    const merged = early ? revised(message, early) : message;
    if (merged.isDeleted) return merged;
    const calls = callsOf(merged.text, team.handle, replica.isHandle);
    // Nearly every message calls nobody, and need not be made twice.
    return calls === merged.calls ? merged : { ...merged, calls };
  };

  /** Messages that follow each other with nothing between that could say something of them. */
  const putMessages = (channel: ChannelState, run: readonly CachedMessage[]): void => {
    const messages = run.map((message) => stored(channel, message));
    cache.messages.putAll(team.key, channel.key, messages);
    const calling = mask();
    for (const message of messages) {
      channel.lastAt = Math.max(channel.lastAt, message.at);
      if (counts(channel, message)) {
        channel.unread++;
        if (isForMe(channel, message.calls, calling)) channel.mentions++;
      }
      changes.message(team.id, channel.id, message.id);
    }
    const news = messages.filter(
      (message) => message.seq > channel.newsAfter && !message.isDeleted,
    );
    if (news.length > 0) onNews(channel, news);
  };

  const counts = (channel: ChannelState, message: CachedMessage): boolean =>
    channel.isJoined &&
    !message.isDeleted &&
    message.author !== team.me &&
    message.seq > countsAfter(channel);

  /** What this event changes the relay had not seen when it counted. */
  const outdateRelayCount = (channel: ChannelState, by: number, seq: number | undefined): void => {
    const { relayCount } = channel;
    if (relayCount && by > relayCount.head && (seq === undefined || seq <= relayCount.to))
      replica.putRelayCount(channel, { ...relayCount, head: 0 });
  };

  const revise = (
    channel: ChannelState,
    id: string,
    revision: { readonly seq: number; readonly at: number; readonly text: string | null },
  ): void => {
    const found = cache.messages.byId(team.key, channel.key, id);
    outdateRelayCount(channel, revision.seq, found?.seq);
    if (!found) {
      cache.log.putEarly(team.key, channel.key, id, revision);
      return;
    }
    if (found.isDeleted) return;
    if (revision.text === null) {
      cache.messages.redact(team.key, channel.key, found.seq, revision.seq);
      if (counts(channel, found)) {
        channel.unread--;
        if (isForMe(channel, found.calls, mask())) channel.mentions--;
      }
      onDeleted(channel, id);
    } else if (revision.seq > found.editSeq) {
      const calls = callsOf(revision.text, team.handle, replica.isHandle);
      cache.messages.revise(team.key, channel.key, found.seq, {
        text: revision.text,
        editSeq: revision.seq,
        editedAt: revision.at,
        calls,
      });
      if (counts(channel, found)) {
        channel.mentions +=
          Number(isForMe(channel, calls, mask())) - Number(isForMe(channel, found.calls, mask()));
      }
    }
    changes.message(team.id, channel.id, id);
  };

  const putFacts = (channel: ChannelState, seq: number, change: Partial<Channel>): void => {
    const isNewer = seq > channel.facts.seq;
    const valid = isNewer ? change : stillValid(channel, seq, change);
    if (isNewer || Object.keys(valid).length > 0)
      replica.putChannel(
        { ...channel.facts, ...valid, seq: Math.max(seq, channel.facts.seq) },
        { isJoined: channel.isJoined },
      );
  };

  /**
   * What an event that is applied late still changes: whatever no later event changed. Behind a hole the facts came from the relay
   * as a whole, and have it in them.
   */
  const stillValid = (
    channel: ChannelState,
    seq: number,
    change: Partial<Channel>,
  ): Partial<Channel> => {
    const { held, facts } = channel;
    if (!holds(held, seq) || (intervalAt(held, seq)?.to ?? 0) < facts.seq) return {};
    const later = cache.log.newerNotes(team.key, channel.key, seq, facts.seq, MANY);
    const changedLater = new Set(
      later.map(({ note }) => (JSON.parse(note) as { kind: string }).kind),
    );
    return Object.fromEntries(
      Object.entries(change).filter(([fact]) => !changedLater.has(NOTE_OF[fact] ?? '')),
    );
  };

  const apply = (channel: ChannelState, event: FeedEvent): void => {
    switch (event.kind) {
      case 'edited':
        revise(channel, event.id, { seq: event.seq, at: event.at, text: event.text });
        return;
      case 'deleted':
        revise(channel, event.id, { seq: event.seq, at: event.at, text: null });
        return;
      case 'created':
        if (event.channel.seq >= channel.facts.seq)
          replica.putChannel(event.channel, { isJoined: channel.isJoined });
        putNote(channel, event, [{ kind: 'created' }]);
        return;
      case 'joined':
      case 'left':
        putNote(channel, event, [{ kind: event.kind, member: event.member }]);
        return;
      case 'changed': {
        const { name, topic } = event;
        putFacts(channel, event.seq, {
          ...(name === undefined ? {} : { name }),
          ...(topic === undefined ? {} : { topic }),
        });
        putNote(channel, event, [
          ...(name === undefined ? [] : [{ kind: 'renamed', name }]),
          ...(topic === undefined ? [] : [{ kind: 'topic', topic }]),
        ]);
        return;
      }
      case 'archived':
        putFacts(channel, event.seq, { isArchived: event.isArchived });
        putNote(channel, event, [{ kind: 'archived', isArchived: event.isArchived }]);
        return;
      case 'unknown':
        cache.log.putRaw(team.key, channel.key, event.seq, JSON.stringify(event.raw));
        return;
      // Messages, which come in runs.
      case 'posted':
      case 'redacted':
      // Of other feeds; a relay that sends them here is mistaken, and the number is used up all the same.
      case 'channel-joined':
      case 'channel-left':
      case 'read':
      case 'level':
      case 'session-started':
      case 'session-ended':
      case 'echoed':
      case 'member-joined':
      case 'member-changed':
      case 'channel-listed':
      case 'team-changed':
        return;
    }
  };

  const applyAll = (channel: ChannelState, events: readonly FeedEvent[]): void => {
    let run: CachedMessage[] = [];
    const putRun = (): void => {
      if (run.length > 0) putMessages(channel, run);
      run = [];
    };
    for (const event of events) {
      const message = messageIn(event);
      if (message) {
        run.push(message);
        continue;
      }
      // What comes now may be about one of them.
      putRun();
      apply(channel, event);
    }
    putRun();
  };

  return {
    absorb: (channel, { from, to, events, facts }) =>
      cache.db.transaction('channel.absorb', () => {
        if (facts && facts.seq >= channel.facts.seq)
          replica.putChannel(facts, { isJoined: channel.isJoined });
        applyAll(
          channel,
          events.filter((event) => !holds(channel.held, event.seq)),
        );
        if (from <= to) {
          const { held, grown, gone } = addInterval(channel.held, { from, to });
          for (const one of gone)
            if (one.from !== grown.from) cache.log.removeInterval(team.key, channel.key, one.from);
          cache.log.putInterval(team.key, channel.key, grown);
          channel.held = held;
          const last = events.at(-1);
          if (last?.seq === topOf(held)) replica.positions.move(channel.key, last);
          channel.head = Math.max(channel.head, to);
          channel.newsAfter = Math.max(channel.newsAfter, Math.min(topOf(held), to));
          changes.stretch(team.id, channel.id);
        }
        const { relayCount } = channel;
        if (relayCount && holesIn(channel.held, relayCount.from, relayCount.to).length === 0) {
          replica.putRelayCount(channel, null);
          replica.recount(channel);
        } else replica.saveSummary(channel);
      }),
    replay: (channel, events) =>
      cache.db.transaction('channel.replay', () => {
        applyAll(channel, events);
        for (const { seq } of events) cache.log.removeRaw(team.key, channel.key, seq);
        replica.recount(channel);
        changes.stretch(team.id, channel.id);
      }),
    redact: (channel, message, seq, at) =>
      cache.db.transaction('channel.redact', () => {
        revise(channel, message, { seq, at, text: null });
        replica.saveSummary(channel);
      }),
  };
}

const MANY = 1_000_000;
/** The note that a change of each fact leaves. */
const NOTE_OF: Readonly<Record<string, string>> = {
  name: 'renamed',
  topic: 'topic',
  isArchived: 'archived',
};

/** The message as its event tells it. Of a deleted one only that it was there. */
function messageIn(event: FeedEvent): CachedMessage | undefined {
  if (event.kind !== 'posted' && (event.kind !== 'redacted' || event.was !== 'posted'))
    return undefined;
  const { seq, id, by: author, at } = event;
  if (event.kind === 'redacted')
    return {
      seq,
      id,
      author,
      at,
      text: '',
      editSeq: seq,
      editedAt: null,
      isDeleted: true,
      calls: 0,
    };
  const { text, edited } = event;
  return {
    seq,
    id,
    author,
    at,
    text,
    editSeq: edited?.seq ?? 0,
    editedAt: edited?.at ?? null,
    isDeleted: false,
    calls: 0,
  };
}

/** The message as it stands after what came before it. */
function revised(
  message: CachedMessage,
  early: { readonly seq: number; readonly at: number; readonly text: string | null },
): CachedMessage {
  if (message.isDeleted) return message;
  if (early.text === null)
    return { ...message, text: '', isDeleted: true, editSeq: early.seq, editedAt: null };
  return early.seq > message.editSeq
    ? { ...message, text: early.text, editSeq: early.seq, editedAt: early.at }
    : message;
}
