/** What a person writes, on its way: nothing is lost, nothing is twice, the order stays, and the window says how it stands. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MessageRow } from '../../electron/bridge/views.ts';
import { refuse } from '../../protocol/errors.ts';
import type { MessageId, OperationId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';

let house: House;
let ada: Desk;
let general: string;
beforeEach(async () => {
  house = await createHouse();
  general = house.kit.general;
  ada = await house.desk(house.kit.owner);
  await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
  await house.rest();
});
afterEach(() => house.dispose());

const send = async (text: string): Promise<string> =>
  (await ada.now.call('message.send', { team: TEAM, channel: general, text })).id;
const shown = (): readonly (readonly [string, string])[] =>
  ada.now.messages.map((row) => [row.text, statusOf(row)]);
const statusOf = ({ delivery, isDeleted }: MessageRow): string => {
  if (isDeleted) return 'deleted';
  return delivery.state === 'sending'
    ? `sending${delivery.isWaiting ? ', waiting' : ''}`
    : delivery.state === 'failed'
      ? `failed: ${delivery.why}`
      : 'sent';
};
const onRelay = async (): Promise<string[]> => {
  const page = await house.kit.store.page(
    `channel/${general}` as never,
    { from: 1, to: 1_000 },
    { events: 1_000, bytes: 1e9 },
  );
  return page.events
    .map((event) => JSON.parse(event.json) as { readonly kind: string; readonly text?: string })
    .flatMap((event) => (event.kind === 'posted' ? [event.text ?? ''] : []));
};
/** The relay's next answers, changed on their way. */
const saidUp = (kind: string): unknown[] =>
  ada.plug.said
    .filter(({ way, text }) => way === 'up' && text.includes(`"t":"${kind}"`))
    .map(({ text }) => JSON.parse(text) as unknown);
const outbox = (): unknown => ada.now.team.team.outbox;

describe('online', () => {
  test('a message is drawn at once and gets its tick when the relay has it', async () => {
    const id = await send('Hello');
    await house.rest(20);
    expect(shown()).toEqual([['Hello', 'sent']]);
    const [row] = ada.now.messages;
    expect(row).toMatchObject({ key: id, id, seq: 2 });
    expect(await onRelay()).toEqual(['Hello']);
  });

  test('a burst arrives in the order it was written', async () => {
    const texts = Array.from({ length: 25 }, (_, n) => `line ${n}`);
    for (const text of texts) await send(text);
    await house.rest(1_000);
    expect(await onRelay()).toEqual(texts);
    expect(shown()).toEqual(texts.map((text) => [text, 'sent']));
  });

  test('what the relay may not take is refused before it is queued', async () => {
    const refused = (text: string, channel = general): Promise<unknown> =>
      ada.now.refused('message.send', { team: TEAM, channel, text });
    expect(await refused('  \n')).toEqual({ kind: 'bad-request', field: 'text' });
    expect(await refused('a\u0000b')).toEqual({ kind: 'bad-request', field: 'text' });
    expect(await refused('\ud800')).toEqual({ kind: 'bad-request', field: 'text' });
    expect(await refused('早'.repeat(6_000))).toEqual({ kind: 'too-large', field: 'text' });
    expect(await refused('Hello', 'nowhere')).toEqual({ kind: 'not-found' });
    expect(outbox()).toEqual({ waiting: 0, failed: 0 });
  });

  test('the text is kept byte for byte', async () => {
    const text = '  e\u0301 vs é\r\n\t👩‍🔬 \u202e<b>&amp;</b>  ';
    await send(text);
    await house.rest();
    expect(await onRelay()).toEqual([text]);
    expect(ada.now.messages[0]?.text).toBe(text);
  });
});

describe('offline', () => {
  beforeEach(async () => {
    ada.plug.pull();
    await house.rest();
  });

  test('messages wait on the disk, through a restart, and go out once and in order', async () => {
    for (const text of ['one', 'two', 'three']) await send(text);
    await house.rest();
    expect(shown()).toEqual([
      ['one', 'sending, waiting'],
      ['two', 'sending, waiting'],
      ['three', 'sending, waiting'],
    ]);
    await ada.restart();
    expect(outbox()).toEqual({ waiting: 3, failed: 0 });
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    await house.rest();
    expect(shown().map(([text]) => text)).toEqual(['one', 'two', 'three']);
    ada.plug.put();
    await ada.now.call('wire.retry', { team: TEAM });
    await house.rest(500);
    expect(await onRelay()).toEqual(['one', 'two', 'three']);
    expect(shown()).toEqual([
      ['one', 'sent'],
      ['two', 'sent'],
      ['three', 'sent'],
    ]);
    expect(outbox()).toEqual({ waiting: 0, failed: 0 });
  });

  test('a pending message stands after what came in meanwhile, and takes its place without moving others', async () => {
    await send('mine');
    const ben = await house.kit.live(await house.kit.person('ben'));
    ben.say({ t: 'post', op: house.kit.id<MessageId>(), channel: house.kit.general, text: 'his' });
    await house.rest();
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(500);
    expect(shown().map(([text]) => text)).toEqual(['his', 'mine']);
    expect(ada.now.messages.map((row) => row.seq)).toEqual(
      [...ada.now.messages.map((row) => row.seq)].sort((a, b) => Number(a) - Number(b)),
    );
  });

  test('an unsent message can be changed, taken back, and is then never sent', async () => {
    const [first, second] = [await send('frist'), await send('second')];
    await ada.now.call('message.edit', {
      team: TEAM,
      channel: general,
      message: first,
      text: 'first',
    });
    expect(await ada.now.call('message.discard', { team: TEAM, message: second })).toEqual({
      text: 'second',
    });
    await house.rest();
    expect(shown()).toEqual([['first', 'sending, waiting']]);
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(500);
    expect(await onRelay()).toEqual(['first']);
  });

  test('a draft is there after a restart, and sending clears it in the same breath', async () => {
    await ada.now.call('draft.set', { team: TEAM, channel: general, text: 'half a sen' });
    await house.rest(300);
    expect(ada.now.channel('general').hasDraft).toBe(true);
    await ada.restart();
    expect(await ada.now.call('draft.get', { team: TEAM, channel: general })).toMatchObject({
      text: 'half a sen',
    });
    await send('half a sentence');
    await ada.restart();
    expect(await ada.now.call('draft.get', { team: TEAM, channel: general })).toMatchObject({
      text: '',
    });
    expect(ada.now.channel('general').hasDraft).toBe(false);
    expect(outbox()).toEqual({ waiting: 1, failed: 0 });
  });

  test('what needs the relay says so; edits, deletions, read marks and levels wait like messages', async () => {
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(500);
    const mine = await send('to be changed');
    const gone = await send('to be deleted');
    const ben = await house.kit.live(await house.kit.person('ben'));
    ben.say({
      t: 'post',
      op: house.kit.id<MessageId>(),
      channel: house.kit.general,
      text: 'unread',
    });
    await house.rest(500);
    ada.plug.pull();
    await house.rest();

    expect(
      await ada.now.refused('channel.create', {
        team: TEAM,
        kind: 'public',
        name: 'x',
        topic: '',
        members: [],
      }),
    ).toEqual({
      kind: 'offline',
    });
    expect(await ada.now.refused('session.list', { team: TEAM })).toEqual({ kind: 'offline' });
    await ada.now.call('message.edit', {
      team: TEAM,
      channel: general,
      message: mine,
      text: 'changed',
    });
    await ada.now.call('message.delete', { team: TEAM, channel: general, message: gone });
    await ada.now.call('read.all', { team: TEAM });
    await ada.now.call('channel.level', { team: TEAM, channel: general, level: 'mentions' });
    await house.rest(500);
    const asLeft = (): unknown => [
      shown(),
      ada.now.channel('general').unread,
      ada.now.channel('general').level,
    ];
    expect(asLeft()).toEqual([
      [
        ['changed', 'sending, waiting'],
        ['', 'deleted'],
        ['unread', 'sent'],
      ],
      0,
      'mentions',
    ]);

    await ada.restart();
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    await house.rest();
    expect(asLeft()).toEqual([
      [
        ['changed', 'sending, waiting'],
        ['', 'deleted'],
        ['unread', 'sent'],
      ],
      0,
      'mentions',
    ]);

    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(1_000);
    expect(asLeft()).toEqual([
      [
        ['changed', 'sent'],
        ['', 'deleted'],
        ['unread', 'sent'],
      ],
      0,
      'mentions',
    ]);
    expect(await onRelay()).toEqual(['changed', 'unread']);
    const other = await house.desk(house.kit.owner);
    expect(other.now.channel('general')).toMatchObject({ unread: 0, level: 'mentions' });
  });
});

describe('when the answer does not come', () => {
  test('an acknowledgement lost with its line leaves one message, sent once', async () => {
    ada.plug.lose = (text) => text.includes('"t":"ack"') || text.includes('"t":"events"');
    const id = await send('once');
    await house.rest();
    expect(shown()).toEqual([['once', 'sending']]);
    ada.plug.lose = undefined;
    ada.now.desktop.wake();
    await house.rest(500);
    expect(await onRelay()).toEqual(['once']);
    expect(shown()).toEqual([['once', 'sent']]);
    expect(ada.now.messages.map((row) => row.id)).toEqual([id]);
  });

  test('clientAckMs without an answer end the line, and the message goes out on the next under the same id', async () => {
    ada.plug.lose = () => true;
    await send('patient');
    await house.rest(DEFAULT_LIMITS.clientAckMs - 100);
    expect(ada.now.team.team.wire.state).toBe('live');
    ada.plug.lose = undefined;
    await house.rest(200);
    expect(ada.now.team.team.wire.state).toBe('reconnecting');
    await house.rest(2_000);
    expect(shown()).toEqual([['patient', 'sent']]);
    expect(await onRelay()).toEqual(['patient']);
    const posts = saidUp('post') as { readonly op: string }[];
    expect(posts.map((frame) => frame.op)).toEqual([posts[0]?.op, posts[0]?.op]);
  });

  test('a message that may be on the relay already is taken back there as well', async () => {
    ada.plug.lose = () => true;
    const id = await send('oops');
    await house.rest(100);
    ada.plug.pull();
    ada.plug.lose = undefined;
    await house.rest();
    expect(await onRelay()).toEqual(['oops']);
    expect(await ada.now.call('message.discard', { team: TEAM, message: id })).toEqual({
      text: 'oops',
    });
    await house.rest();
    expect(shown()).toEqual([]);
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(1_000);
    expect(await onRelay()).toEqual([]);
    expect(shown()).toEqual([['', 'deleted']]);
  });

  test('a message that was confirmed just before a crash is not sent again', async () => {
    const id = await send('confirmed');
    await house.rest();
    // As if the process had died between the cache's commit and the outbox's.
    const { default: Database } = await import('better-sqlite3');
    await ada.now.close();
    const ledger = new Database(`${ada.folder}/ledger.db`);
    const frame = JSON.stringify({ t: 'post', op: id, channel: general, text: 'confirmed' });
    ledger
      .prepare(
        'INSERT INTO outbox (team, op, lane, channel, message, frame, at, state, is_offer) VALUES (1, ?, ?, ?, ?, ?, 1, ?, 0)',
      )
      .run(id, `channel/${general}`, general, id, frame, 'waiting');
    ledger.close();
    ada.plug.said.length = 0;
    await ada.restart();
    await house.rest(500);
    expect(outbox()).toEqual({ waiting: 0, failed: 0 });
    expect(saidUp('post')).toEqual([]);
  });
});

describe('when it is refused', () => {
  /** Answers the next matching frame itself, once, as if the relay had. */
  const refuseNext = (
    kind: 'unavailable' | 'not-allowed' | 'rate-limited',
    retryAfterMs?: number,
  ): void => {
    ada.plug.answerNext = (frame) =>
      frame.t === 'post'
        ? {
            t: 'refused',
            op: frame.op as OperationId & MessageId,
            refusal: refuse(kind, retryAfterMs === undefined ? {} : { retryAfterMs }),
          }
        : undefined;
  };

  test('a passing refusal holds the channel, and nothing overtakes', async () => {
    refuseNext('unavailable', 3_000);
    await send('first');
    await send('second');
    await house.rest(2_900);
    expect(shown()).toEqual([
      ['first', 'sending, waiting'],
      ['second', 'sending, waiting'],
    ]);
    await house.rest(300);
    expect(await onRelay()).toEqual(['first', 'second']);
  });

  test('a final refusal marks the message, says why, and lets the next go', async () => {
    refuseNext('not-allowed');
    const first = await send('refused');
    await send('next');
    await house.rest();
    expect(shown()).toEqual([
      ['next', 'sent'],
      ['refused', 'failed: not-allowed'],
    ]);
    expect(outbox()).toEqual({ waiting: 0, failed: 1 });
    await ada.restart();
    expect(outbox()).toEqual({ waiting: 0, failed: 1 });
    await ada.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    await ada.now.call('message.retry', { team: TEAM, message: first });
    await house.rest();
    expect(shown()).toEqual([
      ['next', 'sent'],
      ['refused', 'sent'],
    ]);
    expect(await onRelay()).toEqual(['next', 'refused']);
  });

  test('a failed message can be thrown away; its words come back to the writer', async () => {
    refuseNext('not-allowed');
    const id = await send('refused');
    await house.rest();
    expect(await ada.now.call('message.discard', { team: TEAM, message: id })).toEqual({
      text: 'refused',
    });
    await house.rest();
    expect(shown()).toEqual([]);
    expect(await ada.now.refused('message.retry', { team: TEAM, message: id })).toEqual({
      kind: 'not-found',
    });
  });

  test('told to be slower, it waits with everything and then goes on', async () => {
    refuseNext('rate-limited', 1_500);
    await send('first');
    await house.rest();
    await send('second');
    await house.rest(1_300);
    expect(await onRelay()).toEqual([]);
    await house.rest(400);
    expect(await onRelay()).toEqual(['first', 'second']);
  });

  test('a hundred messages at once keep to what the relay allows, without one refusal', async () => {
    for (let n = 0; n < 100; n++) await send(`line ${n}`);
    await house.rest(9_000);
    expect(await onRelay()).toHaveLength(100);
    expect(ada.plug.said.filter(({ text }) => text.includes('rate-limited'))).toEqual([]);
  });

  test('an edit that is refused stays visible with its words, and can be tried again or thrown away', async () => {
    const id = await send('original');
    await house.rest();
    ada.plug.answerNext = (frame) =>
      frame.t === 'edit'
        ? { t: 'refused', op: frame.op, refusal: refuse('not-allowed') }
        : undefined;
    await ada.now.call('message.edit', {
      team: TEAM,
      channel: general,
      message: id,
      text: 'better',
    });
    await house.rest();
    expect(shown()).toEqual([['better', 'failed: not-allowed']]);
    expect(await ada.now.call('message.discard', { team: TEAM, message: id })).toEqual({
      text: 'better',
    });
    await house.rest();
    expect(shown()).toEqual([['original', 'sent']]);
  });
});
