import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  channelFeed,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type MemberId,
  type MessageId,
} from '../../protocol/ids.ts';
import { createDomainKit, type DomainKit } from '../../test/kit/domain-kit.ts';

let kit: DomainKit;
let ada: MemberId;
let bo: MemberId;
let general: ChannelId;
beforeEach(async () => {
  kit = await createDomainKit();
  [ada, bo, general] = [await kit.member('ada'), await kit.member('bo'), kit.general];
});
afterEach(async () => {
  expect(await kit.store.audit()).toEqual([]);
  await kit.dispose();
});
const last = async () => (await kit.events(channelFeed(general))).at(-1);

describe('posting', () => {
  test('appends the message and answers with its place', async () => {
    const op = kit.id<MessageId>();
    const ack = await kit.must(ada, { t: 'post', op, channel: general, text: ' text\nas it is\t' });
    expect(ack).toEqual({ feed: channelFeed(general), seq: 4, at: kit.clock.now() });
    expect(await last()).toEqual({
      seq: 4,
      at: kit.clock.now(),
      by: ada,
      kind: 'posted',
      id: op,
      text: ' text\nas it is\t',
    });
  });

  test('the same again is acked alike, also when the sender has left, the channel is archived, or the message deleted', async () => {
    const channel = await kit.channel('private', ada, [bo]);
    const frame = { t: 'post', op: kit.id<MessageId>(), channel, text: 'hello' } as const;
    const first = await kit.must(bo, frame);
    await kit.must(bo, { t: 'delete', channel, message: frame.op });
    await kit.must(bo, { t: 'leave', channel });
    await kit.must(ada, { t: 'archive', channel, isArchived: true });
    expect(await kit.must(bo, frame)).toEqual(first);
    expect(await kit.refusal(bo, { ...frame, op: kit.id<MessageId>() })).toBe('not-found');
  });

  test('the same id with another text or in another channel is a conflict', async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'one' });
    expect(await kit.refusal(ada, { t: 'post', op, channel: general, text: 'two' })).toBe(
      'conflict',
    );
    expect(
      await kit.refusal(ada, {
        t: 'post',
        op,
        channel: await kit.channel('public', ada),
        text: 'one',
      }),
    ).toBe('conflict');
  });

  test("another member's id is their business elsewhere, and a conflict in the same channel", async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'mine' });
    const other = await kit.channel('private', bo);
    const mine = await kit.must(bo, { t: 'post', op, channel: other, text: 'not yours' });
    expect(mine.feed).toBe(channelFeed(other));
    expect(await kit.refusal(bo, { t: 'post', op, channel: general, text: 'not yours' })).toBe(
      'conflict',
    );
  });

  test('a text is measured in bytes of UTF-8', async () => {
    const fits = '界'.repeat(5461);
    await kit.must(ada, { t: 'post', channel: general, text: fits });
    expect(await kit.refusal(ada, { t: 'post', channel: general, text: `${fits}界` })).toBe(
      'too-large text',
    );
  });
});

describe('editing', () => {
  test('replaces the text in later pages and keeps a record that it was edited', async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'frist' });
    kit.clock.advance(1_000);
    const ack = await kit.must(ada, { t: 'edit', channel: general, message: op, text: 'first' });
    const events = await kit.events(channelFeed(general));
    expect(events.slice(-2)).toMatchObject([
      { kind: 'posted', id: op, text: 'first', edited: { seq: ack.seq, at: ack.at } },
      { kind: 'edited', id: op, text: 'first', seq: ack.seq },
    ]);
  });

  test('twice with one id happens once', async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'one' });
    const edit = {
      t: 'edit',
      op: kit.id<never>(),
      channel: general,
      message: op,
      text: 'two',
    } as const;
    expect(await kit.must(ada, edit)).toEqual(await kit.must(ada, edit));
    expect(await kit.refusal(ada, { ...edit, text: 'three' })).toBe('conflict');
  });

  test("another's message is refused, to owners too, and a missing or deleted one is not found", async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'one' });
    expect(await kit.refusal(bo, { t: 'edit', channel: general, message: op, text: 'x' })).toBe(
      'not-allowed',
    );
    expect(
      await kit.refusal(kit.owner, { t: 'edit', channel: general, message: op, text: 'x' }),
    ).toBe('not-allowed');
    expect(
      await kit.refusal(ada, { t: 'edit', channel: general, message: kit.id(), text: 'x' }),
    ).toBe('not-found');
    await kit.must(ada, { t: 'delete', channel: general, message: op });
    expect(await kit.refusal(ada, { t: 'edit', channel: general, message: op, text: 'x' })).toBe(
      'not-found',
    );
  });

  test('an own message is refused once one has left', async () => {
    const channel = await kit.channel('private', kit.owner, [ada]);
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel, text: 'one' });
    await kit.must(kit.owner, { t: 'remove-member', channel, member: ada });
    expect(await kit.refusal(ada, { t: 'edit', channel, message: op, text: 'x' })).toBe(
      'not-found',
    );
    expect(await kit.refusal(ada, { t: 'delete', channel, message: op })).toBe('not-found');
  });
});

describe('deleting', () => {
  test('leaves a tombstone and not a word, in no feed', async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'canary-one' });
    await kit.must(ada, { t: 'edit', channel: general, message: op, text: 'canary-two' });
    await kit.must(ada, { t: 'delete', channel: general, message: op });
    const events = await kit.events(channelFeed(general));
    expect(events.slice(-3).map(({ kind, id, was }) => [kind, id, was])).toEqual([
      ['redacted', op, 'posted'],
      ['redacted', op, 'edited'],
      ['deleted', op, undefined],
    ]);
    const everything = [
      ...events,
      ...(await kit.events(TEAM_FEED)),
      ...(await kit.events(memberFeed(ada))),
    ];
    expect(JSON.stringify(everything)).not.toContain('canary');
  });

  test('is for its author, and in a named channel for admins and owners', async () => {
    const admin = await kit.member('admin', 'admin');
    const [one, two] = [kit.id<MessageId>(), kit.id<MessageId>()];
    for (const op of [one, two])
      await kit.must(ada, { t: 'post', op, channel: general, text: 'x' });
    expect(await kit.refusal(bo, { t: 'delete', channel: general, message: one })).toBe(
      'not-allowed',
    );
    await kit.must(admin, { t: 'delete', channel: general, message: one });
    await kit.must(kit.owner, { t: 'delete', channel: general, message: two });
    const direct = (await kit.must(kit.owner, { t: 'open-direct', id: kit.id(), members: [ada] }))
      .channel as ChannelId;
    const three = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op: three, channel: direct, text: 'x' });
    expect(await kit.refusal(kit.owner, { t: 'delete', channel: direct, message: three })).toBe(
      'not-allowed',
    );
  });

  test('what is deleted already changes nothing and is acked', async () => {
    const op = kit.id<MessageId>();
    await kit.must(ada, { t: 'post', op, channel: general, text: 'x' });
    const first = await kit.must(ada, { t: 'delete', channel: general, message: op });
    expect(await kit.must(ada, { t: 'delete', channel: general, message: op })).toMatchObject({
      seq: first.seq,
    });
  });
});

describe('read marks and levels', () => {
  const reads = async () =>
    (await kit.events(memberFeed(ada)))
      .filter((event) => event['kind'] === 'read')
      .map((event) => event['readSeq']);

  test('go forward only, unless a person says back', async () => {
    for (let i = 0; i < 5; i++) await kit.must(bo, { t: 'post', channel: general, text: 'x' });
    await kit.must(ada, { t: 'read', channel: general, seq: 6 });
    await kit.must(ada, { t: 'read', channel: general, seq: 5 });
    await kit.must(ada, { t: 'read', channel: general, seq: 6 });
    await kit.must(ada, { t: 'read', channel: general, seq: 4, isBack: true });
    await kit.must(ada, { t: 'read', channel: general, seq: 7 });
    expect(await reads()).toEqual([6, 4, 7]);
    expect(await kit.store.readMark(general, ada)).toBe(7);
  });

  test('cannot be beyond what there is', async () => {
    expect(await kit.refusal(ada, { t: 'read', channel: general, seq: 99 })).toBe(
      'bad-request seq',
    );
  });

  test('of a repeated operation move once', async () => {
    const frame = { t: 'read', op: kit.id<never>(), channel: general, seq: 3 } as const;
    await kit.must(bo, { t: 'read', channel: general, seq: 2, isBack: true });
    await kit.must(bo, frame);
    await kit.must(bo, { t: 'read', channel: general, seq: 1, isBack: true });
    await kit.must(bo, frame);
    expect(await kit.store.readMark(general, bo)).toBe(1);
  });

  test('a level is kept and told on the own feed', async () => {
    await kit.must(ada, { t: 'level', channel: general, level: 'none' });
    await kit.must(ada, { t: 'level', channel: general, level: 'none' });
    const told = (await kit.events(memberFeed(ada))).filter((event) => event['kind'] === 'level');
    expect(told).toMatchObject([{ channel: general, level: 'none' }]);
    expect((await kit.store.memberChannels(ada))[0]?.level).toBe('none');
  });
});
