/**
 * Texts that were typed and not sent: taken at Enter, kept on the disk, and shown wherever their
 * channel went.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BridgeEvent } from '../../electron/bridge/events.ts';
import type { TeamState, UnsentView } from '../../electron/bridge/views.ts';
import { refuse } from '../../protocol/errors.ts';
import type { ChannelId, MessageId, OperationId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';
import type { TestClient } from '../kit/relay-kit.ts';

let house: House;
let ada: Desk;
let ben: TestClient;
let general: ChannelId;
let room: ChannelId;
beforeEach(async () => {
  house = await createHouse();
  general = house.kit.general;
  ben = await house.kit.live(await house.kit.person('ben'));
  room = house.kit.id<ChannelId>();
  ben.say({
    t: 'create-channel',
    op: op(),
    id: room,
    kind: 'private',
    name: 'plans',
    topic: '',
    members: [house.kit.owner.id],
  });
  ada = await house.desk(house.kit.owner);
  await house.rest();
});
afterEach(() => house.dispose());

const op = (): OperationId => house.kit.id<OperationId>();
const newId = (): MessageId => house.kit.id<MessageId>();
const send = (text: string, more: { message?: string; after?: string } = {}, channel = general) =>
  ada.now.session.call('message.send', { team: TEAM, channel, text, ...more });
const sent = async (text: string, channel = general): Promise<string> =>
  (await ada.now.call('message.send', { team: TEAM, channel, text })).id;
const draft = (text: string, channel: string, message?: string, original?: string) =>
  ada.now.call('draft.set', {
    team: TEAM,
    channel,
    text,
    ...(message === undefined ? {} : { message }),
    ...(original === undefined ? {} : { original }),
  });
const draftOf = (channel: string, message?: string) =>
  ada.now.call('draft.get', {
    team: TEAM,
    channel,
    ...(message === undefined ? {} : { message }),
  });
const unsent = (): readonly UnsentView[] =>
  Object.values(ada.now.team.unsent).sort((a, b) => a.at - b.at || (a.key < b.key ? 1 : -1));
const brief = (): readonly unknown[] =>
  unsent().map((one) => [one.kind, one.excerpt, one.where, one.name?.name ?? null, one.why]);
const isFresh = async (): Promise<void> => {
  const fresh = (await ada.now.fresh()).state.teams[TEAM] as TeamState;
  expect(ada.now.team.unsent).toEqual(fresh.unsent);
};
const offline = async (): Promise<void> => {
  ada.plug.pull();
  await house.rest();
};
const online = async (): Promise<void> => {
  ada.plug.put();
  ada.now.desktop.wake();
  await house.rest(2_000);
};
const removeAda = (): void =>
  ben.say({ t: 'remove-member', op: op(), channel: room, member: house.kit.owner.id });
const onRelay = async (channel: string): Promise<string[]> => {
  const page = await house.kit.store.page(
    `channel/${channel}` as never,
    { from: 1, to: 1_000 },
    { events: 1_000, bytes: 1e9 },
  );
  return page.events
    .map((event) => JSON.parse(event.json) as { readonly kind: string; readonly text?: string })
    .flatMap((event) => (event.kind === 'posted' ? [event.text ?? ''] : []));
};

describe('a message that the window named', () => {
  test('is stored once, also when it was sent, and after a restart', async () => {
    const message = newId();
    await offline();
    for (let at = 0; at < 2; at++)
      expect(await send('once', { message })).toEqual({ ok: true, value: { id: message } });
    await ada.restart();
    expect((await send('once', { message })).ok).toBe(true);
    expect(ada.now.team.team.outbox.waiting).toBe(1);
    await online();
    expect((await send('once', { message })).ok).toBe(true);
    await house.rest(500);
    expect(await onRelay(general)).toEqual(['once']);
  });

  test('does not overtake the one before it that was refused', async () => {
    const [first, second, third] = [newId(), newId(), newId()];
    expect(await send('a\u0000', { message: first })).toMatchObject({ ok: false });
    expect(await send('two', { message: second, after: first })).toEqual({
      ok: false,
      error: { kind: 'bad-request', field: 'text' },
    });
    expect(await send('three', { message: third, after: second })).toMatchObject({ ok: false });
    expect(await send('by itself', { message: newId() })).toMatchObject({ ok: true });
    await house.rest();
    expect(await onRelay(general)).toEqual(['by itself']);
  });

  test.each(['not-an-id', '0190a000-0000-4000-8000-000000000001'])(
    'is refused under a name that is none: %s',
    async (message) => {
      expect(await send('hello', { message })).toEqual({
        ok: false,
        error: { kind: 'bad-command' },
      });
    },
  );
});

describe('a draft', () => {
  test.each([
    ['65,537 characters', 'd'.repeat(65_537)],
    ['the largest that is kept', 'd'.repeat(DEFAULT_LIMITS.draftBytes)],
    ['the largest, of three bytes a character', '中'.repeat(DEFAULT_LIMITS.draftBytes / 3)],
  ])('of %s is kept, through a restart', async (_name, text) => {
    await draft(text, general);
    await ada.restart();
    expect((await draftOf(general)).text === text).toBe(true);
  });

  test('one byte longer is refused by name, and what was kept before stays', async () => {
    await draft('short', general);
    const text = 'd'.repeat(DEFAULT_LIMITS.draftBytes + 1);
    expect(await ada.now.refused('draft.set', { team: TEAM, channel: general, text })).toEqual({
      kind: 'too-large',
      field: 'text',
    });
    await ada.restart();
    expect((await draftOf(general)).text).toBe('short');
  });

  test('stays as it is when its message cannot be queued', async () => {
    await draft('a\u0000', general);
    await send('a\u0000');
    await house.rest();
    expect((await draftOf(general)).text).toBe('a\u0000');
    expect(ada.now.channel('general').hasDraft).toBe(true);
  });
});

describe('an edit that was begun', () => {
  test('is a draft of its own: through a restart, beside others, until it is saved', async () => {
    const [first, second] = [await sent('first'), await sent('second')];
    await house.rest(500);
    await draft('new message', general);
    await draft('first, better', general, first, 'first');
    await house.rest(1);
    await draft('second, better', general, second, 'second');
    await ada.restart();
    expect(await draftOf(general)).toEqual({ text: 'new message', original: null });
    expect(await draftOf(general, first)).toEqual({ text: 'first, better', original: 'first' });
    expect(unsent().map((one) => [one.kind, one.message, one.where])).toEqual([
      ['edit-draft', first, 'here'],
      ['edit-draft', second, 'here'],
    ]);
    await ada.now.call('message.edit', {
      team: TEAM,
      channel: general,
      message: first,
      text: 'first, better',
    });
    await ada.restart();
    expect((await draftOf(general, first)).text).toBe('');
    expect((await draftOf(general, second)).text).toBe('second, better');
    expect((await draftOf(general)).text).toBe('new message');
  });

  test('says so when its message was deleted meanwhile, and by what text it began', async () => {
    const message = await sent('typo');
    await house.rest(500);
    await draft('no typo', general, message, 'typo');
    await house.rest();
    expect(unsent()).toMatchObject([{ kind: 'edit-draft', isDeleted: false }]);
    const other = await house.kit.live(house.kit.owner);
    other.say({ t: 'delete', op: op(), channel: general, message: message as MessageId });
    await house.rest(500);
    expect(unsent()).toMatchObject([
      { kind: 'edit-draft', isDeleted: true, excerpt: 'no typo', message },
    ]);
    expect(await draftOf(general, message)).toEqual({ text: 'no typo', original: 'typo' });
    await isFresh();
  });
});

describe('a failed message that is taken back', () => {
  const failing = async (kind: 'post' | 'edit'): Promise<void> => {
    ada.plug.answerNext = (frame) =>
      frame.t === kind
        ? { t: 'refused', op: frame.op as OperationId & MessageId, refusal: refuse('not-allowed') }
        : undefined;
  };

  test('is a draft, before what is being written there, and on the disk at once', async () => {
    await failing('post');
    const message = await sent('refused');
    await house.rest();
    expect(brief()).toEqual([['message', 'refused', 'here', 'general', 'not-allowed']]);
    await draft('typed since', general);
    await ada.now.call('message.discard', { team: TEAM, message, asDraft: true });
    await house.rest(0);
    await ada.restart();
    expect((await draftOf(general)).text).toBe('refused\ntyped since');
    expect(brief()).toEqual([]);
    expect(ada.now.team.team.outbox).toEqual({ waiting: 0, failed: 0 });
  });

  test('is the edit of its message, where it was one', async () => {
    const message = await sent('original');
    await house.rest(500);
    await failing('edit');
    await ada.now.call('message.edit', { team: TEAM, channel: general, message, text: 'better' });
    await house.rest();
    expect(brief()).toEqual([['edit', 'better', 'here', 'general', 'not-allowed']]);
    await ada.now.call('message.discard', { team: TEAM, message, asDraft: true });
    await house.rest();
    expect(await draftOf(general, message)).toEqual({ text: 'better', original: 'original' });
    expect(brief()).toEqual([['edit-draft', 'better', 'here', 'general', null]]);
  });
});

describe('where the channel is gone', () => {
  /** A message and a draft in a private channel, and the person is taken out of it while away. */
  beforeEach(async () => {
    await offline();
    await sent('waiting', room);
    await draft('half a thought', room);
    await house.rest(500);
    expect(brief()).toEqual([]);
    removeAda();
    await house.rest();
  });

  test('message and draft are listed with its name, also after a restart', async () => {
    await online();
    const listed = [
      ['message', 'waiting', 'gone', 'plans', 'not-found'],
      ['draft', 'half a thought', 'gone', 'plans', null],
    ];
    expect(brief()).toEqual(listed);
    await isFresh();
    await ada.restart();
    await house.rest(500);
    expect(brief()).toEqual(listed);
    await isFresh();
  });

  test('the whole text can be read, sent elsewhere, and discarded', async () => {
    await online();
    const [message, kept] = unsent();
    expect(await ada.now.call('unsent.text', { team: TEAM, key: kept?.key ?? '' })).toEqual({
      text: 'half a thought',
    });
    await draft('being written', general);
    await ada.now.call('unsent.send', { team: TEAM, key: message?.key ?? '', channel: general });
    await house.rest(500);
    expect(await onRelay(general)).toEqual(['waiting']);
    expect((await draftOf(general)).text).toBe('being written');
    expect(brief()).toEqual([['draft', 'half a thought', 'gone', 'plans', null]]);
    expect(await ada.now.call('unsent.discard', { team: TEAM, key: kept?.key ?? '' })).toEqual({
      text: 'half a thought',
    });
    await ada.restart();
    expect(brief()).toEqual([]);
    await isFresh();
  });

  test('a draft that is sent elsewhere is gone here in the same commit', async () => {
    await online();
    const kept = unsent().find((one) => one.kind === 'draft');
    await ada.now.call('unsent.send', { team: TEAM, key: kept?.key ?? '', channel: general });
    await ada.restart();
    await house.rest(500);
    expect(await onRelay(general)).toEqual(['half a thought']);
    expect(unsent().map((one) => one.kind)).toEqual(['message']);
  });

  test('what cannot be sent there stays where it is', async () => {
    await online();
    const key = unsent()[0]?.key ?? '';
    expect(await ada.now.refused('unsent.send', { team: TEAM, key, channel: room })).toEqual({
      kind: 'not-found',
    });
    expect(await ada.now.refused('unsent.send', { team: TEAM, key: 'x', channel: room })).toEqual({
      kind: 'not-found',
    });
    expect(brief()).toHaveLength(2);
  });

  test('a discarded draft that is put back is listed with its name again', async () => {
    await online();
    const kept = unsent().find((one) => one.kind === 'draft');
    await ada.now.call('unsent.discard', { team: TEAM, key: kept?.key ?? '' });
    await draft('half a thought', room);
    await house.rest(500);
    expect(brief().at(-1)).toEqual(['draft', 'half a thought', 'gone', 'plans', null]);
  });

  test('it leaves the list when the person is let in again', async () => {
    await online();
    ben.say({ t: 'add-member', op: op(), channel: room, member: house.kit.owner.id });
    await house.rest(500);
    expect(brief()).toEqual([['message', 'waiting', 'here', 'plans', 'not-found']]);
    expect((await draftOf(room)).text).toBe('half a thought');
    await isFresh();
  });

  test('a conversation is called by the people in it', async () => {
    await online();
    const members = Object.values(ada.now.team.members)
      .filter((one) => one.handle === 'ben')
      .map((one) => one.id);
    const made = ada.now.call('channel.direct', { team: TEAM, members });
    await house.rest(500);
    const { channel } = await made;
    await draft('just us', channel);
    await house.rest(500);
    await offline();
    await ada.now.close();
    // The cache is lost, and there is no relay to ask: nothing else knows the conversation.
    for (const part of ['', '-wal', '-shm'])
      rmSync(join(ada.folder, `cache.db${part}`), { force: true });
    await ada.restart();
    const ofDirect = unsent().find((one) => one.channel === channel);
    expect(ofDirect).toMatchObject({ where: 'gone', excerpt: 'just us' });
    expect(ofDirect?.name).toMatchObject({ kind: 'direct', people: [expect.stringMatching(/./)] });
    await online();
    expect(unsent().some((one) => one.channel === channel)).toBe(false);
    await isFresh();
  });
});

test('a draft in an archived channel or in one that was left is listed', async () => {
  await draft('in general', general);
  await draft('in plans', room);
  await house.rest(500);
  await ada.now.call('channel.archive', { team: TEAM, channel: room, isArchived: true });
  await house.rest(500);
  expect(brief()).toEqual([['draft', 'in plans', 'archived', 'plans', null]]);
  await ada.now.call('channel.archive', { team: TEAM, channel: room, isArchived: false });
  await house.rest(500);
  expect(brief()).toEqual([]);
  await ada.now.call('channel.leave', { team: TEAM, channel: general });
  await house.rest(500);
  expect(brief()).toEqual([['draft', 'in general', 'left', 'general', null]]);
  await isFresh();
});

test('of ten thousand the window is told only what is different', async () => {
  for (let n = 0; n < 10_000; n++) await draft(`draft ${n}`, `gone-${n}`);
  await house.rest(500);
  expect(unsent()).toHaveLength(10_000);
  const events: unknown[] = [];
  ada.now.session.onBatch((batch) => events.push(...batch.events));
  await ada.now.call('unsent.discard', { team: TEAM, key: 'draft/gone-4711' });
  await house.rest();
  expect(events.filter((one) => (one as BridgeEvent).kind === 'unsent')).toEqual([
    { kind: 'unsent', team: TEAM, put: [], gone: ['draft/gone-4711'] },
  ]);
  await isFresh();
}, 20_000);
