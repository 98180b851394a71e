/** Several relays on one database: what they promise each other beyond the contract, shown by letting them race. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Mutation } from '../../../protocol/frames-up.ts';
import { channelFeed, memberFeed, TEAM_FEED } from '../../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, MessageId, OperationId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import {
  POSTGRES,
  startPostgres,
  type PostgresAddress,
  type PostgresServer,
} from '../../../test/kit/services/postgres.ts';
import { createInvites } from '../../auth/invites.ts';
import { writeOrRefuse } from '../../auth/refusable.ts';
import { mutate } from '../../domain/mutate.ts';
import { createMember, createTeamWithOwner } from '../../domain/members.ts';
import { silentLog } from '../../observe/log.ts';
import type { EventDraft, Store, WriteTx } from '../../ports/store.ts';
import { systemClock as clock } from '../system-clock.ts';
import { openPostgresStore } from './store.ts';

const ALL = { from: 1, to: 1_000_000 };
const PLENTY = { events: 1_000_000, bytes: 1e9 };
const limits = DEFAULT_LIMITS;

describe.skipIf(POSTGRES === undefined)('two relays on one database', () => {
  let server: PostgresServer;
  let a: Store;
  let b: Store;
  let count = 0;
  const id = <T extends string>(): T =>
    `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as T;
  const owner = id<MemberId>();

  beforeAll(async () => {
    server = await startPostgres({ isTemporary: true });
  });
  afterAll(() => server.dispose());
  beforeEach(async () => {
    const address = await server.createDatabase();
    // Both at once, on an empty database.
    [a, b] = await Promise.all([open(address, 'a'), open(address, 'b')]);
    await a.write((tx) =>
      createTeamWithOwner(tx, {
        team: { id: a.teamId, name: 'Night shift' },
        owner: { id: owner, handle: 'owner', name: 'Owner' },
        channelName: 'general',
        now: 1,
      }),
    );
  });
  afterEach(async () => {
    expect(await a.audit()).toEqual([]);
    await Promise.all([a.close(), b.close()]);
  });

  const open = (address: PostgresAddress, name: string) =>
    openPostgresStore({
      servers: [address],
      clock,
      random: createSeededRandom(name),
      log: silentLog,
    });
  const ask = (store: Store, by: MemberId, frame: Mutation) =>
    mutate({ store, clock, limits }, by, frame);
  const join = async (handle: string): Promise<MemberId> => {
    const member = id<MemberId>();
    const made = await a.write((tx) =>
      createMember(tx, { id: member, handle, name: handle, role: 'member' }, 1),
    );
    expect(made.ok).toBe(true);
    return member;
  };
  const post = (channel: ChannelId, text: string): Mutation => ({
    t: 'post',
    op: id<MessageId>(),
    channel,
    text,
  });
  const general = (): ChannelId => a.teamId as string as ChannelId;
  const events = async (feed: FeedId) =>
    (await b.page(feed, ALL, PLENTY)).events.map(
      (event) => JSON.parse(event.json) as { seq: number; kind: string; by: string; id?: string },
    );
  const bare = (by: MemberId): EventDraft => ({
    by,
    kind: 'posted',
    op: id<OperationId>(),
    body: { text: 'x' },
  });

  test('are one team, whoever made it first', async () => {
    expect([b.teamId, b.epoch]).toEqual([a.teamId, a.epoch]);
    expect(await b.members()).toEqual(await a.members());
  });

  test('number each feed without holes, and every acknowledged event stands where it was said to', async () => {
    const feeds = [
      channelFeed(id<ChannelId>()),
      channelFeed(id<ChannelId>()),
      channelFeed(general()),
    ];
    const said: { feed: FeedId; seq: number; op: string }[] = [];
    const talk = async (store: Store) => {
      for (let round = 0; round < 40; round++) {
        const drafts = feeds.flatMap((feed) => [1, 2].map(() => ({ feed, draft: bare(owner) })));
        await Promise.all(
          drafts.map(async ({ feed, draft }) => {
            const { event } = await store.write((tx) => tx.append(feed, draft));
            said.push({ feed, seq: event.seq, op: draft.op ?? '' });
          }),
        );
      }
    };
    await Promise.all([talk(a), talk(b), talk(a), talk(b)]);
    for (const feed of feeds) {
      const seqs = said.filter((one) => one.feed === feed).map(({ seq }) => seq);
      const start = feed === channelFeed(general()) ? 1 : 0;
      expect(seqs.toSorted((x, y) => x - y)).toEqual(
        Array.from({ length: 320 }, (_, i) => i + 1 + start),
      );
      const times = (await b.page(feed, ALL, PLENTY)).events.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((x, y) => x - y));
    }
  });

  test('make one event of an operation that reaches both at once', async () => {
    for (let round = 0; round < 60; round++) {
      const said = post(general(), `round ${round}`);
      const answers = await Promise.all([a, b, a, b].map((store) => ask(store, owner, said)));
      expect(answers.every(({ ok }) => ok)).toBe(true);
      expect(new Set(answers.map((answer) => answer.ok && answer.value.seq)).size).toBe(1);
    }
    expect(
      (await events(channelFeed(general()))).filter(({ kind }) => kind === 'posted'),
    ).toHaveLength(60);
    // The same id in two feeds at once: the unique key alone stands between them.
    const feeds = [channelFeed(id<ChannelId>()), channelFeed(id<ChannelId>())] as const;
    for (let round = 0; round < 30; round++) {
      const draft = bare(owner);
      const both = await Promise.all([
        a.write((tx) => tx.append(feeds[0], draft)),
        b.write((tx) => tx.append(feeds[1], draft)),
      ]);
      expect(both.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(both[0].event).toEqual(both[1].event);
    }
  });

  test('let nobody speak in a channel after they were taken out of it', async () => {
    const bo = await join('bo');
    for (let round = 0; round < 40; round++) {
      const channel = id<ChannelId>();
      await ask(a, owner, {
        t: 'create-channel',
        op: id(),
        id: channel,
        kind: 'private',
        name: 'x',
        topic: '',
        members: [bo],
      });
      const talking = (async () => {
        for (let n = 0; n < 8; n++) if (!(await ask(b, bo, post(channel, `${n}`))).ok) return;
      })();
      await Promise.all([
        talking,
        ask(a, owner, { t: 'remove-member', op: id(), channel, member: bo }),
      ]);
      const kinds = (await events(channelFeed(channel)))
        .filter(({ by, kind }) => kind === 'left' || by === bo)
        .map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'left')).toHaveLength(1);
      expect(kinds.at(-1)).toBe('left');
    }
  });

  test('let nobody speak after they were shut out of the team', async () => {
    for (let round = 0; round < 25; round++) {
      const bo = await join(`bo-${round}`);
      let isOut = false;
      const late: boolean[] = [];
      const talking = (async () => {
        for (let n = 0; n < 10; n++) {
          const wasOut = isOut;
          const { ok } = await ask(b, bo, post(general(), `${n}`));
          if (wasOut) late.push(ok);
        }
      })();
      const shutOut = ask(a, owner, {
        t: 'set-active',
        op: id(),
        member: bo,
        isActive: false,
      }).then(({ ok }) => (isOut = ok));
      await Promise.all([talking, shutOut]);
      expect(isOut).toBe(true);
      expect(late).not.toContain(true);
      expect(await ask(b, bo, post(general(), 'after'))).toMatchObject({
        ok: false,
        error: { kind: 'session-ended' },
      });
    }
  });

  /** What a work looks at, and a change on the other relay that must not come between that and the work's commit. */
  const HELD: readonly {
    readonly what: string;
    readonly look: (tx: WriteTx, bo: MemberId) => Promise<unknown>;
    readonly change: (tx: WriteTx, bo: MemberId) => Promise<unknown>;
  }[] = [
    {
      what: 'who somebody is',
      look: (tx, bo) => tx.standing(general(), bo),
      change: async (tx, bo) =>
        tx.putMember({
          id: bo,
          handle: 'bo',
          name: 'Bo',
          role: 'member',
          isActive: false,
          joinedAt: 1,
        }),
    },
    {
      what: 'who is in a channel',
      look: (tx, bo) => tx.standing(general(), bo),
      change: (tx, bo) => tx.removeFromChannel(general(), bo),
    },
    {
      what: 'whether the operation is new',
      look: (tx, bo) => tx.repeated(channelFeed(general()), bare(bo)),
      change: (tx, bo) => tx.append(channelFeed(general()), bare(bo)),
    },
    {
      what: 'the same, not as the first question',
      look: async (tx, bo) => [
        await tx.team(),
        await tx.repeated(channelFeed(general()), bare(bo)),
      ],
      change: (tx, bo) => tx.append(channelFeed(general()), bare(bo)),
    },
    {
      what: 'how many channels somebody is in',
      look: (tx, bo) => tx.channelCount(bo),
      change: (tx, bo) => tx.append(memberFeed(bo), bare(bo)),
    },
    {
      what: 'a password',
      look: (tx, bo) => tx.credential(bo),
      change: (tx, bo) => tx.putCredential({ member: bo, hash: 'another' }),
    },
  ];
  test.each(HELD)(
    'wait for each other where one has looked at what the other changes: $what',
    async ({ look, change }) => {
      const bo = await join('bo');
      await a.write((tx) => tx.putCredential({ member: bo, hash: 'one' }));
      const [seen, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const log: string[] = [];
      const looking = b.write(async (tx) => {
        await look(tx, bo);
        seen.resolve();
        await release.promise;
        log.push('looked');
      });
      await seen.promise;
      const changing = a.write((tx) => change(tx, bo)).then(() => log.push('changed'));
      await expect
        .poll(() =>
          server.ask('postgres', 'SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted'),
        )
        .toEqual([{ waiting: 1 }]);
      release.resolve();
      await Promise.all([looking, changing]);
      expect(log).toEqual(['looked', 'changed']);
    },
  );

  describe('decide once what may be only once', () => {
    const create =
      (kind: 'public' | 'private', channel: ChannelId, name: string) => (store: Store) =>
        ask(store, owner, {
          t: 'create-channel',
          op: id(),
          id: channel,
          kind,
          name,
          topic: '',
          members: [],
        });
    const rounds = Array.from({ length: 15 }, (_, round) => round);
    const race = async <T>(
      ...both: readonly [(store: Store) => Promise<T>, (store: Store) => Promise<T>]
    ) => Promise.all([both[0](a), both[1](b)]);

    test('the name of a public channel', async () => {
      for (const round of rounds) {
        const made = await race(
          create('public', id(), `news ${round}`),
          create('public', id(), `News ${round}`),
        );
        expect(made.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
      }
    });

    test('where the blobs are', async () => {
      const name = (store: Store, place: string) =>
        store.write(async (tx) => {
          const known = await tx.blobsPlace();
          if (known === undefined) await tx.putBlobsPlace(place);
          return known ?? place;
        });
      const held = new Set(
        await Promise.all([name(a, 'one'), name(b, 'two'), name(a, 'three'), name(b, 'four')]),
      );
      expect([...held]).toEqual([await b.blobsPlace()]);
    });

    test('a handle', async () => {
      for (const round of rounds) {
        const make = (store: Store) =>
          store.write((tx) =>
            createMember(tx, { id: id(), handle: `bo-${round}`, name: 'Bo', role: 'member' }, 1),
          );
        const made = await race(make, make);
        expect(made.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
      }
    });

    test('the id of a channel', async () => {
      for (const round of rounds) {
        const channel = id<ChannelId>();
        const made = await race(
          create('private', channel, `one ${round}`),
          create('private', channel, `other ${round}`),
        );
        expect(made.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
        expect((await events(channelFeed(channel))).map(({ kind }) => kind)).toEqual(['created']);
      }
    });

    test('who founds the team', async () => {
      const founding = (store: Store, name: string) =>
        store.write((tx) =>
          createTeamWithOwner(tx, {
            team: { id: store.teamId, name },
            owner: { id: id(), handle: name, name },
            channelName: 'general',
            now: 1,
          }),
        );
      for (let round = 0; round < 5; round++) {
        const address = await server.createDatabase();
        const both = await Promise.all([open(address, 'c'), open(address, 'd')]);
        const founded = await Promise.all([founding(both[0], 'one'), founding(both[1], 'other')]);
        expect(founded.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
        expect(await both[0].members()).toHaveLength(1);
        for (const store of both) await store.close();
      }
    });

    test('who comes in by an invite for one person', async () => {
      const invitesOf = (store: Store) =>
        createInvites({
          store,
          clock,
          random: createSeededRandom(count),
          isClockPlausible: () => true,
          limits,
        });
      for (const round of rounds) {
        const { code } = await invitesOf(a).create({
          role: 'member',
          days: 1,
          uses: 1,
          createdBy: null,
        });
        const enter = (handle: string) => (store: Store) =>
          writeOrRefuse(store, async (tx) => {
            const taken = await invitesOf(store).take(tx, code);
            return taken.ok
              ? createMember(tx, { id: id(), handle, name: handle, role: 'member' }, 1)
              : taken;
          });
        const came = await race(enter(`one-${round}`), enter(`other-${round}`));
        expect(came.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
      }
    });

    test('the conversation of two people', async () => {
      const bo = await join('bo');
      const cy = await join('cy');
      const open = (by: MemberId, other: MemberId) => (store: Store) =>
        ask(store, by, { t: 'open-direct', op: id(), id: id<ChannelId>(), members: [other] });
      const made = await race(open(bo, cy), open(cy, bo));
      expect(made.map((one) => one.ok && one.value.channel)).toEqual([
        expect.any(String),
        made[0].ok && made[0].value.channel,
      ]);
      expect(await a.memberChannels(bo)).toHaveLength(2);
    });

    test('who is the last owner', async () => {
      for (const _ of rounds) {
        const other = await join(`o-${count}`);
        await ask(a, owner, { t: 'set-role', op: id(), member: other, role: 'owner' });
        const down = (member: MemberId) => (store: Store) =>
          ask(store, member, { t: 'set-role', op: id(), member, role: 'admin' });
        const done = await race(down(owner), down(other));
        expect(done.filter(({ ok }) => ok)).toHaveLength(1);
        const isOwner = done[1].ok;
        if (!isOwner) {
          await ask(a, other, { t: 'set-role', op: id(), member: owner, role: 'owner' });
          await ask(a, other, { t: 'set-role', op: id(), member: other, role: 'member' });
        }
        expect((await b.member(owner))?.role).toBe('owner');
      }
    });

    test('how many channels somebody is in', async () => {
      const bo = await join('bo');
      const channels = Array.from({ length: 12 }, () => id<ChannelId>());
      for (const [n, channel] of channels.entries()) await create('public', channel, `c${n}`)(a);
      const few = { ...DEFAULT_LIMITS, channelsPerMember: 5 };
      const enter = (channel: ChannelId, n: number) =>
        mutate({ store: n % 2 ? a : b, clock, limits: few }, bo, { t: 'join', op: id(), channel });
      await Promise.all(channels.map(enter));
      expect(await a.channelCount(bo)).toBe(5);
    });
  });

  test('that lock two feeds in opposite order both come through: the deadlock is broken and the work run again', async () => {
    const [one, other] = [channelFeed(id<ChannelId>()), channelFeed(id<ChannelId>())];
    for (const feed of [one, other]) await a.write((tx) => tx.append(feed, bare(owner)));
    const holding = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let runs = 0;
    const cross = (first: FeedId, second: FeedId, mine: 0 | 1) => async (tx: WriteTx) => {
      runs++;
      await tx.append(first, bare(owner));
      holding[mine].resolve();
      await holding[1 - mine]?.promise;
      return tx.append(second, bare(owner));
    };
    const done = await Promise.all([a.write(cross(one, other, 0)), b.write(cross(other, one, 1))]);
    expect(done.map(({ isNew }) => isNew)).toEqual([true, true]);
    expect(runs).toBeGreaterThan(2);
    expect([await a.head(one), await a.head(other)]).toEqual([3, 3]);
  });

  test('tell their own events, each once, in the order of each feed', async () => {
    const told: { [name: string]: string[] } = { a: [], b: [] };
    for (const [name, store] of [
      ['a', a],
      ['b', b],
    ] as const) {
      store.onCommitted((some) =>
        told[name]?.push(...some.filter(({ feed }) => feed !== TEAM_FEED).map(({ json }) => json)),
      );
    }
    const feed = memberFeed(owner);
    const before = await a.head(feed);
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (n % 2 ? a : b).write((tx) => tx.append(feed, bare(owner))),
      ),
    );
    const seqsOf = (texts: readonly string[] = []) =>
      texts.map((text) => (JSON.parse(text) as { seq: number }).seq);
    for (const texts of [told['a'], told['b']])
      expect(seqsOf(texts)).toEqual(seqsOf(texts).toSorted((x, y) => x - y));
    expect([...seqsOf(told['a']), ...seqsOf(told['b'])].toSorted((x, y) => x - y)).toEqual(
      Array.from({ length: 60 }, (_, n) => before + n + 1),
    );
  });
});
