import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type MemberId,
  type OperationId,
} from '../../protocol/ids.ts';
import { createDomainKit, type DomainKit } from '../../test/kit/domain-kit.ts';

let kit: DomainKit;
let ada: MemberId;
let bo: MemberId;
beforeEach(async () => {
  kit = await createDomainKit({ groupMembers: 3, channelMembers: 5, channelsPerMember: 6 });
  [ada, bo] = [await kit.member('ada'), await kit.member('bo')];
});
afterEach(async () => {
  expect(await kit.store.audit()).toEqual([]);
  await kit.dispose();
});
const kinds = async (feed: Parameters<DomainKit['events']>[0], from = 0) =>
  (await kit.events(feed)).slice(from).map((event) => event['kind']);

describe('creating a channel', () => {
  test('tells its members on their own feeds, the channel, and for a public one the team', async () => {
    const id = kit.id<ChannelId>();
    const teamHead = await kit.store.head(TEAM_FEED);
    const ack = await kit.must(ada, {
      t: 'create-channel',
      id,
      kind: 'public',
      name: 'Plans',
      topic: 'soon',
      members: [bo, bo, ada],
    });
    expect(ack).toMatchObject({ feed: channelFeed(id), seq: 1, channel: id });
    const channel = {
      id,
      kind: 'public',
      name: 'Plans',
      topic: 'soon',
      isArchived: false,
      createdAt: kit.clock.now(),
      createdBy: ada,
      seq: 1,
    };
    expect(await kit.events(channelFeed(id))).toMatchObject([
      { kind: 'created', by: ada, channel, members: [ada, bo] },
    ]);
    expect((await kit.events(memberFeed(bo))).at(-1)).toMatchObject({
      kind: 'channel-joined',
      by: ada,
      channel,
      readSeq: 1,
      level: 'mentions',
    });
    expect((await kit.events(TEAM_FEED)).slice(teamHead)).toMatchObject([
      { kind: 'channel-listed', channel },
    ]);
    expect(await kit.store.roster(id)).toEqual([ada, bo]);
  });

  test('a private one is not told to the team', async () => {
    const teamHead = await kit.store.head(TEAM_FEED);
    await kit.channel('private', ada);
    expect(await kit.store.head(TEAM_FEED)).toBe(teamHead);
  });

  test('twice with one operation is one channel; the same id otherwise is a conflict', async () => {
    const frame = {
      t: 'create-channel',
      op: kit.id<OperationId>(),
      id: kit.id<ChannelId>(),
      kind: 'private',
      name: 'x',
      topic: '',
      members: [],
    } as const;
    const first = await kit.must(ada, { ...frame, members: [] });
    kit.clock.advance(5_000);
    expect(await kit.must(ada, { ...frame, members: [] })).toEqual(first);
    expect(await kit.refusal(ada, { ...frame, members: [], name: 'y' })).toBe('conflict');
    expect(await kit.refusal(bo, { ...frame, members: [], op: kit.id<OperationId>() })).toBe(
      'conflict',
    );
  });

  test('a public name is taken whatever its case, and free for private channels', async () => {
    const create = (name: string, kind: 'public' | 'private') =>
      kit.ask(ada, { t: 'create-channel', id: kit.id(), kind, name, topic: '', members: [] });
    expect(await create('General', 'public')).toMatchObject({
      ok: false,
      error: { kind: 'taken', field: 'name' },
    });
    expect(await create('General', 'private')).toMatchObject({ ok: true });
  });

  test('is refused with strangers, deactivated members, or too many of them', async () => {
    const create = (members: MemberId[]) =>
      kit.refusal(ada, {
        t: 'create-channel',
        id: kit.id(),
        kind: 'private',
        name: 'x',
        topic: '',
        members,
      });
    expect(await create([kit.id<MemberId>()])).toBe('not-found members');
    await kit.must(kit.owner, { t: 'set-active', member: bo, isActive: false });
    expect(await create([bo])).toBe('not-found members');
    const many = await Promise.all(['c', 'd', 'e', 'f', 'g'].map((handle) => kit.member(handle)));
    expect(await create(many)).toBe('limit-reached members');
  });

  test('ends at channelsMadePerMember, so that one member cannot use up what the others may be in', async () => {
    await kit.dispose();
    kit = await createDomainKit({ channelsMadePerMember: 2, channelsPerMember: 6 });
    const [by, victim, third] = [
      await kit.member('ada'),
      await kit.member('bo'),
      await kit.member('cy'),
    ];
    const create = (who: MemberId) => ({
      t: 'create-channel' as const,
      id: kit.id<ChannelId>(),
      kind: 'private' as const,
      name: 'x',
      topic: '',
      members: [victim, who],
    });
    const first = await kit.channel('private', by, [victim]);
    // Leaving it gives the maker no room for another one: the others are still in it.
    await kit.must(by, { t: 'leave', channel: first });
    await kit.must(by, { t: 'open-direct', id: kit.id(), members: [victim, third] });
    expect(await kit.refusal(by, create(by))).toBe('limit-reached made');
    expect(
      await kit.refusal(by, { t: 'open-direct', id: kit.id(), members: [victim, kit.owner] }),
    ).toBe('limit-reached made');
    // There is one conversation of two people, whoever opens it.
    await kit.must(by, { t: 'open-direct', id: kit.id(), members: [victim] });
    await kit.must(victim, create(victim));
    await kit.must(third, create(third));
  });

  test('ends where a member is in as many channels as allowed', async () => {
    for (let i = 0; i < 5; i++) await kit.channel('private', ada);
    expect(
      await kit.refusal(ada, {
        t: 'create-channel',
        id: kit.id(),
        kind: 'private',
        name: 'x',
        topic: '',
        members: [],
      }),
    ).toBe('limit-reached members');
  });
});

describe('a direct conversation', () => {
  const open = (by: MemberId, members: MemberId[]) =>
    kit.must(by, { t: 'open-direct', id: kit.id(), members });

  test('of the same people is always the same one, whoever opens it', async () => {
    const first = await open(ada, [bo]);
    expect((await open(bo, [ada])).channel).toBe(first.channel);
    expect((await open(ada, [bo, ada])).channel).toBe(first.channel);
    expect((await open(ada, [bo, kit.owner])).channel).not.toBe(first.channel);
    expect(await kit.store.channel(first.channel as ChannelId)).toMatchObject({
      kind: 'direct',
      name: '',
      members: [ada, bo],
    });
  });

  test('with oneself is a place for notes', async () => {
    const { channel } = await open(ada, []);
    expect(await kit.store.channel(channel as ChannelId)).toMatchObject({
      kind: 'direct',
      members: [ada],
    });
  });

  test('of more than two is a group, up to the limit', async () => {
    expect(
      await kit.store.channel((await open(ada, [bo, kit.owner])).channel as ChannelId),
    ).toMatchObject({ kind: 'group' });
    const c = await kit.member('c');
    expect(
      await kit.refusal(ada, { t: 'open-direct', id: kit.id(), members: [bo, kit.owner, c] }),
    ).toBe('limit-reached members');
  });

  test('keeps its members for ever', async () => {
    const channel = (await open(ada, [bo])).channel as ChannelId;
    expect(await kit.refusal(ada, { t: 'add-member', channel, member: kit.owner })).toBe(
      'not-allowed',
    );
    expect(await kit.refusal(ada, { t: 'leave', channel })).toBe('not-allowed');
    expect(await kit.refusal(ada, { t: 'remove-member', channel, member: bo })).toBe('not-allowed');
    expect(await kit.refusal(ada, { t: 'change-channel', channel, name: 'x' })).toBe('not-allowed');
    expect(await kit.refusal(ada, { t: 'archive', channel, isArchived: true })).toBe('not-allowed');
  });

  test('may be opened by a guest with people they share a channel with', async () => {
    const guest = await kit.member('guest', 'guest');
    expect(await kit.refusal(guest, { t: 'open-direct', id: kit.id(), members: [ada] })).toBe(
      'not-allowed',
    );
    await kit.must(ada, {
      t: 'add-member',
      channel: await kit.channel('private', ada),
      member: guest,
    });
    await open(guest, [ada]);
    expect(await kit.refusal(guest, { t: 'open-direct', id: kit.id(), members: [ada, bo] })).toBe(
      'not-allowed',
    );
  });
});

describe('changing a channel', () => {
  test('tells what changed, keeps the rest, and lists a public one anew', async () => {
    const channel = await kit.channel('public', ada);
    const teamHead = await kit.store.head(TEAM_FEED);
    await kit.must(ada, { t: 'change-channel', channel, topic: 'now' });
    expect((await kit.events(channelFeed(channel))).at(-1)).toMatchObject({
      kind: 'changed',
      topic: 'now',
      seq: 2,
    });
    expect((await kit.events(channelFeed(channel))).at(-1)).not.toHaveProperty('name');
    expect((await kit.events(TEAM_FEED)).slice(teamHead)).toMatchObject([
      { kind: 'channel-listed', channel: { id: channel, topic: 'now', seq: 2 } },
    ]);
    expect(await kit.store.channel(channel)).toMatchObject({ topic: 'now', seq: 2 });
  });

  test('into what it is changes nothing', async () => {
    const channel = await kit.channel('private', ada);
    await kit.must(ada, { t: 'change-channel', channel, topic: '' });
    expect(await kinds(channelFeed(channel))).toEqual(['created']);
  });

  test('may not take a public name that is in use', async () => {
    const channel = await kit.channel('public', ada);
    expect(await kit.refusal(ada, { t: 'change-channel', channel, name: 'GENERAL' })).toBe(
      'taken name',
    );
  });

  test('by archiving stops everything but reading, marking, leaving and bringing it back', async () => {
    const channel = await kit.channel('public', ada, [bo]);
    await kit.must(ada, { t: 'archive', channel, isArchived: true });
    expect(await kit.refusal(bo, { t: 'post', channel, text: 'x' })).toBe('archived');
    expect(await kit.refusal(kit.owner, { t: 'join', channel })).toBe('archived');
    await kit.must(bo, { t: 'read', channel, seq: 2 });
    await kit.must(bo, { t: 'leave', channel });
    await kit.must(ada, { t: 'archive', channel, isArchived: false });
    await kit.must(ada, { t: 'post', channel, text: 'x' });
    expect(await kinds(channelFeed(channel))).toEqual([
      'created',
      'archived',
      'left',
      'archived',
      'posted',
    ]);
  });
});

describe('who is in a channel', () => {
  test('joining tells the member and the channel, and starts as read', async () => {
    const channel = await kit.channel('public', ada);
    for (let i = 0; i < 3; i++) await kit.must(ada, { t: 'post', channel, text: 'x' });
    await kit.must(bo, { t: 'join', channel });
    expect((await kit.events(memberFeed(bo))).at(-1)).toMatchObject({
      kind: 'channel-joined',
      channel: { id: channel, seq: 5 },
      readSeq: 5,
    });
    expect((await kit.events(channelFeed(channel))).at(-1)).toMatchObject({
      kind: 'joined',
      seq: 5,
      by: bo,
      member: bo,
    });
    expect(await kit.store.readMark(channel, bo)).toBe(5);
  });

  test('joining twice is joining once, by the same operation or another', async () => {
    const channel = await kit.channel('public', ada);
    const op = kit.id<OperationId>();
    const first = await kit.must(bo, { t: 'join', op, channel });
    expect(await kit.must(bo, { t: 'join', op, channel })).toEqual(first);
    await kit.must(bo, { t: 'join', channel });
    expect(await kinds(channelFeed(channel))).toEqual(['created', 'joined']);
  });

  test('a join that is repeated after leaving does not join again', async () => {
    const channel = await kit.channel('public', ada);
    const op = kit.id<OperationId>();
    await kit.must(bo, { t: 'join', op, channel });
    await kit.must(bo, { t: 'leave', channel });
    await kit.must(bo, { t: 'join', op, channel });
    expect(await kit.store.isInChannel(channel, bo)).toBe(false);
  });

  test('leaving tells the channel and the member', async () => {
    const channel = await kit.channel('private', ada, [bo]);
    await kit.must(bo, { t: 'leave', channel });
    expect((await kit.events(channelFeed(channel))).at(-1)).toMatchObject({
      kind: 'left',
      by: bo,
      member: bo,
    });
    expect((await kit.events(memberFeed(bo))).at(-1)).toMatchObject({
      kind: 'channel-left',
      channel,
    });
    expect(await kit.refusal(bo, { t: 'post', channel, text: 'x' })).toBe('not-found');
  });

  test('adding and removing name who did it; removing needs rank or having made the channel', async () => {
    const admin = await kit.member('admin', 'admin');
    const channel = await kit.channel('private', ada, [admin]);
    await kit.must(ada, { t: 'add-member', channel, member: bo });
    expect((await kit.events(channelFeed(channel))).at(-1)).toMatchObject({
      kind: 'joined',
      by: ada,
      member: bo,
    });
    expect(await kit.refusal(bo, { t: 'remove-member', channel, member: ada })).toBe('not-allowed');
    await kit.must(ada, { t: 'remove-member', channel, member: admin });
    await kit.must(ada, { t: 'add-member', channel, member: admin });
    await kit.must(admin, { t: 'remove-member', channel, member: bo });
    await kit.must(ada, { t: 'add-member', channel, member: kit.owner });
    expect(await kit.refusal(admin, { t: 'remove-member', channel, member: kit.owner })).toBe(
      'not-allowed',
    );
    expect(await kit.refusal(ada, { t: 'add-member', channel, member: kit.id() })).toBe(
      'not-found member',
    );
  });

  test('a full channel takes nobody more', async () => {
    const all = await Promise.all(['c', 'd', 'e'].map((handle) => kit.member(handle)));
    const channel = await kit.channel('public', ada, [bo, ...all]);
    expect(await kit.refusal(kit.owner, { t: 'join', channel })).toBe('limit-reached channel');
    expect(await kit.refusal(ada, { t: 'add-member', channel, member: kit.owner })).toBe(
      'limit-reached channel',
    );
  });
});
