/**
 * Events that an earlier build kept without knowing them, against a desktop that knew them from
 * the start.
 */
import { afterEach, expect, test } from 'vitest';
import type { Channel } from '../../../protocol/entities.ts';
import type { FeedEvent, KnownEvent } from '../../../protocol/feeds.ts';
import type { ChannelId, MemberId, MessageId } from '../../../protocol/ids.ts';
import { EVENT_KINDS_VERSION } from '../../../protocol/version.ts';
import { createChance, type Chance } from '../../../test/kit/chance.ts';
import { keepingLog } from '../../../test/kit/desktop-kit.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { openData, type Data } from '../cache/data.ts';
import { OWN_FEEDS } from '../cache/log-rows.ts';
import type { Changes } from '../events/changes.ts';
import { createChannelLog, type Stretch } from './channel-log.ts';
import { replayUnknown } from './replay.ts';
import { createReplica, type Replica } from './replica.ts';

const id = (n: number): string => `0190a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const CHANNEL = id(1) as ChannelId;
const ME = id(2) as MemberId;
const BEN = id(3) as MemberId;
const TEAM = 1;
const silent = new Proxy({} as Changes, { get: () => () => undefined });
const opened: Data[] = [];
afterEach(() => opened.splice(0).forEach((data) => data.close()));

const FACTS: Channel = {
  id: CHANNEL,
  kind: 'public',
  name: 'general',
  topic: '',
  isArchived: false,
  createdAt: 1,
  createdBy: BEN,
  seq: 0,
};

interface Desk {
  readonly data: Data;
  readonly replica: Replica;
  absorb(stretches: readonly Stretch[]): void;
  /** As at the next start. */
  restart(): Desk;
  rows(): unknown;
}

function desk(
  data: Data = openData({ dir: ':memory:', clock: createFakeClock(), log: keepingLog() }),
): Desk {
  opened.push(data);
  const cache = data.cache();
  const mask = (): number => 7;
  const replica = createReplica({
    team: { id: 'here', key: TEAM, me: ME, handle: 'ada' },
    cache,
    changes: silent,
    mask,
  });
  const channelLog = createChannelLog({
    replica,
    cache,
    changes: silent,
    mask,
    onNews: () => undefined,
    onDeleted: () => undefined,
  });
  if (!replica.channels.has(CHANNEL)) {
    replica.putMember({
      id: ME,
      handle: 'ada',
      name: 'Ada',
      role: 'member',
      isActive: true,
      joinedAt: 1,
    });
    replica.putChannel(FACTS, { isJoined: true, readSeq: 3, level: 'all' });
  }
  replayUnknown({ replica, cache, channelLog });
  return {
    data,
    replica,
    absorb: (stretches) => {
      for (const stretch of stretches) {
        const channel = replica.channels.get(CHANNEL);
        if (channel) channelLog.absorb(channel, stretch);
      }
    },
    restart: () => desk(data),
    rows: () =>
      ['message', 'note', 'early', 'summary', 'channel', 'interval', 'raw_event'].map((table) =>
        cache.db.prepare(`${table}.dump`, `SELECT * FROM ${table} ORDER BY 1, 2, 3, 4`).all(),
      ),
  };
}

/** A feed in which everything may follow on everything. */
function randomFeed(chance: Chance): readonly KnownEvent[] {
  const posted: MessageId[] = [];
  const length = chance.int(5, 40);
  return Array.from({ length }, (_, index): KnownEvent => {
    const seq = index + 1;
    const base = { seq, at: 100 + seq, by: chance.pick([ME, BEN]) };
    const some = posted.length > 0 ? chance.pick(posted) : undefined;
    switch (
      chance.weighted({
        posted: 6,
        edited: 3,
        deleted: 1,
        name: 1,
        topic: 1,
        archived: 1,
        joined: 1,
      })
    ) {
      case 'edited':
        if (some)
          return { ...base, kind: 'edited', id: some, text: chance.pick(['now @ada', 'now']) };
        break;
      case 'deleted':
        if (some) {
          // Nothing follows a deletion.
          posted.splice(posted.indexOf(some), 1);
          return { ...base, kind: 'deleted', id: some };
        }
        break;
      case 'name':
        return { ...base, kind: 'changed', name: `name ${seq}` };
      case 'topic':
        return { ...base, kind: 'changed', topic: `topic ${seq}` };
      case 'archived':
        return { ...base, kind: 'archived', isArchived: chance.happens(0.5) };
      case 'joined':
        return { ...base, kind: 'joined', member: BEN };
      case 'posted':
    }
    posted.push(id(100 + seq) as MessageId);
    return {
      ...base,
      kind: 'posted',
      id: id(100 + seq) as MessageId,
      text: chance.pick(['hi @ada', 'hi']),
    };
  });
}

/**
 * The newest stretch first with the channel's facts, as a relay sends it, and the others in any
 * order; or all as they were made.
 */
function stretchesOf(events: readonly KnownEvent[], chance: Chance): readonly Stretch[] {
  const cuts: Stretch[] = [];
  for (let from = 1; from <= events.length;) {
    const to = Math.min(events.length, from + chance.int(0, 9));
    cuts.push({ from, to, events: events.slice(from - 1, to) });
    from = to + 1;
  }
  if (chance.happens(0.4)) return cuts;
  const newest = cuts.pop();
  const facts = events.reduce<Channel>((now, event) => {
    if (event.kind === 'changed')
      return { ...now, name: event.name ?? now.name, topic: event.topic ?? now.topic };
    return event.kind === 'archived' ? { ...now, isArchived: event.isArchived } : now;
  }, FACTS);
  const rest = cuts.map((cut) => ({ cut, at: chance.fraction() })).sort((a, b) => a.at - b.at);
  return [
    ...(newest ? [{ ...newest, facts: { ...facts, seq: events.length } }] : []),
    ...rest.map(({ cut }) => cut),
  ];
}

/** What a build makes of an event whose kind it does not know. */
const unknown = ({ seq, at, by, ...rest }: KnownEvent): FeedEvent => ({
  seq,
  at,
  by,
  kind: 'unknown',
  raw: { seq, at, by, ...rest },
});

/** The build that has just been installed is another than the one before. */
const upgrade = ({ data }: Desk): void =>
  data.cache().log.putKnownKinds(TEAM, EVENT_KINDS_VERSION - 1);

test('kept events are applied as if their kind had been known from the start, whatever came before and after', () => {
  const KINDS = ['posted', 'edited', 'deleted', 'changed', 'archived', 'joined'];
  for (let seed = 0; seed < 60; seed++) {
    const chance = createChance(`replay/${seed}`);
    const events = randomFeed(chance);
    const stretches = stretchesOf(events, chance);
    const unknownKinds = new Set(KINDS.filter(() => chance.happens(0.4)));

    const knowing = desk();
    knowing.absorb(stretches);
    const late = desk();
    late.absorb(
      stretches.map((stretch) => ({
        ...stretch,
        events: stretch.events.map((event) =>
          unknownKinds.has(event.kind) ? unknown(event as KnownEvent) : event,
        ),
      })),
    );
    upgrade(late);
    const upgraded = late.restart();
    expect(upgraded.rows(), `seed ${seed} without ${[...unknownKinds].join()}`).toEqual(
      knowing.rows(),
    );
    const channel = upgraded.replica.channels.get(CHANNEL);
    expect(channel?.facts).toEqual(knowing.replica.channels.get(CHANNEL)?.facts);
    // Twice is once.
    upgrade(upgraded);
    expect(upgraded.restart().rows()).toEqual(knowing.rows());
  }
});

test('what is still not known stays as it came, and nothing is gone through again by the same build', () => {
  const early = desk();
  const raw = { seq: 1, at: 1, by: BEN, kind: 'to-come', more: 1 };
  early.absorb([{ from: 1, to: 1, events: [{ seq: 1, at: 1, by: BEN, kind: 'unknown', raw }] }]);
  upgrade(early);
  const later = early.restart();
  expect(later.data.cache().log.raws(TEAM)).toMatchObject([{ seq: 1, json: JSON.stringify(raw) }]);
  expect(later.data.cache().log.knownKinds(TEAM)).toBe(EVENT_KINDS_VERSION);
});

test.each(['team', 'member'] as const)(
  'of the %s feed the relay is asked for the state, since one event says nothing about those after it',
  (feed) => {
    const early = desk();
    early.replica.putSync({ ...early.replica.sync, teamSeq: 9, memberSeq: 9 });
    const kept = { seq: 4, at: 1, by: BEN, kind: 'channel-left', channel: CHANNEL };
    early.data.cache().log.putRaw(TEAM, OWN_FEEDS[feed], 4, JSON.stringify(kept));
    upgrade(early);
    const { replica, data } = early.restart();
    expect(replica.sync).toMatchObject({
      teamSeq: feed === 'team' ? 0 : 9,
      memberSeq: feed === 'member' ? 0 : 9,
    });
    expect(replica.channels.get(CHANNEL)?.isJoined).toBe(true);
    expect(data.cache().log.raws(TEAM)).toEqual([]);
  },
);
