/** A member who means no good: what they get over the line of the whole relay, and what the others get. */
import { describe, expect, test } from 'vitest';
import { channelFeed, memberFeed, type ChannelId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import { createLineKit, type Frame } from '../kit/line-kit.ts';
import { useLineTeam } from '../kit/line-team.ts';

const team = useLineTeam();
const kindOf = (frame: Frame): unknown =>
  frame['t'] === 'refused' ? (frame['refusal'] as { kind: string }).kind : frame['t'];
const head = (): Promise<number> => team.kit.relay.store.head(channelFeed(team.general));

describe('an operation', () => {
  test('S33: sent a hundred times at once over five sockets is one message with a hundred equal acknowledgements', async () => {
    const before = await head();
    const lines = await Promise.all(Array.from({ length: 5 }, () => team.kit.line(team.bo)));
    const op = team.kit.op();
    for (let n = 0; n < 100; n++)
      lines[n % 5]?.say({ t: 'post', op, channel: team.general, text: 'once' });
    // A question after them is answered after them.
    await Promise.all(
      lines.map((line) =>
        line.ask({ t: 'post', op: team.kit.op(), channel: team.general, text: 'last' }),
      ),
    );
    const acks = lines.flatMap((line) => line.all('ack').filter((ack) => ack['op'] === op));
    expect(acks).toHaveLength(100);
    expect(new Set(acks.map((ack) => JSON.stringify(ack))).size).toBe(1);
    expect(await head()).toBe(before + 6);
    for (const line of lines) line.ws.terminate();
  });

  test('S34, S35: with other content is a conflict; under another sender it is theirs, and tells nothing of the first', async () => {
    await team.withLine(team.ada, async (hers) => {
      const op = team.kit.op();
      const own = team.kit.op<ChannelId>();
      expect(
        await hers.ask({ t: 'post', op, channel: team.general, text: 'canary-first' }),
      ).toMatchObject({ t: 'ack' });
      hers.say({ t: 'post', op, channel: team.general, text: 'second' });
      const refused = await hers.until((frame) => frame['t'] === 'refused' && frame['op'] === op);
      expect(refused).toMatchObject({ refusal: { kind: 'conflict', retryable: false } });
      await team.withLine(team.bo, async (his) => {
        await his.ask({
          t: 'create-channel',
          op: team.kit.op(),
          id: own,
          kind: 'private',
          name: 'mine',
          topic: '',
          members: [],
        });
        expect(await his.ask({ t: 'post', op, channel: own, text: 'his own' })).toMatchObject({
          t: 'ack',
          feed: channelFeed(own),
        });
        const page = await his.ask({ t: 'range', req: 1, feed: channelFeed(own), from: 1, to: 99 });
        expect(JSON.stringify(page)).toContain('his own');
        expect(JSON.stringify(page)).not.toContain('canary');
      });
    });
  });

  test('S40: an edit, a deletion, a read mark and a name twice with one id happen once', async () => {
    await team.withLine(team.bo, async (line) => {
      const message = team.kit.op();
      await line.ask({ t: 'post', op: message, channel: team.general, text: 'frist' });
      for (const change of [
        { t: 'edit', op: team.kit.op(), channel: team.general, message, text: 'first' },
        { t: 'read', op: team.kit.op(), channel: team.general, seq: 1, isBack: true },
        { t: 'change-profile', op: team.kit.op(), name: 'Bo' },
        { t: 'delete', op: team.kit.op(), channel: team.general, message },
      ]) {
        line.say(change);
        line.say(change);
        await line.ask({ t: 'post', op: team.kit.op(), channel: team.general, text: 'after' });
        const acks = line.all('ack').filter((ack) => ack['op'] === change.op);
        expect([
          change.t,
          acks.length,
          new Set(acks.map((ack) => JSON.stringify(ack))).size,
        ]).toEqual([change.t, 2, 1]);
      }
    });
  });

  test('S39: what only the relay says is refused, each field by its name, and stored nowhere', async () => {
    const before = await head();
    await team.withLine(team.bo, async (line) => {
      for (const field of [
        'seq',
        'at',
        'ts',
        'by',
        'sender',
        'role',
        'epoch',
        'kind',
        'isSystem',
        'edited',
      ]) {
        const answer = await line.ask({
          t: 'post',
          op: team.kit.op(),
          channel: team.general,
          text: 'x',
          [field]: 1,
        });
        expect(answer).toMatchObject({
          t: 'refused',
          refusal: { kind: 'bad-request', field, retryable: false },
        });
      }
    });
    expect(await head()).toBe(before);
  });
});

describe('a question', () => {
  test.each([1e9, 0, -1, 1.5, 'all', null])(
    'S37: for %s events is for a page at most, or refused',
    async (to) => {
      await team.withLine(team.bo, async (line) => {
        const answer = await line.ask({
          t: 'range',
          req: 7,
          feed: channelFeed(team.general),
          from: 1,
          to,
        });
        if (kindOf(answer) === 'page')
          expect((answer['events'] as unknown[]).length).toBeLessThanOrEqual(200);
        else expect(answer).toMatchObject({ refusal: { kind: 'bad-request', field: 'to' } });
        expect(kindOf(answer) === 'page').toBe(to === 1e9);
      });
    },
  );
});

test('S41: a flood of messages is told to wait; the socket stays, and the order of what was taken', async () => {
  // What may be said does not come back while this goes on.
  const small = await createLineKit({}, 'own', {}, { clock: createFakeClock(Date.now()) });
  try {
    const line = await small.line(small.ada);
    const ops = Array.from({ length: 45 }, () => small.op());
    for (const [n, op] of ops.entries())
      line.say({ t: 'post', op, channel: small.ada.team.id, text: `${n}` });
    await Promise.all(ops.map((op) => line.until((frame) => frame['op'] === op)));
    const acked = line.all('ack').map((ack) => ack['op']);
    expect(acked).toEqual(ops.slice(0, DEFAULT_LIMITS.sendsBurst));
    const refused = line.all('refused');
    expect(refused.length).toBe(45 - acked.length);
    for (const frame of refused) {
      expect(frame).toMatchObject({
        refusal: { kind: 'rate-limited', retryable: true, retryAfterMs: expect.any(Number) },
      });
    }
    expect(line.ws.readyState).toBe(1);
  } finally {
    await small.dispose();
  }
});

test('S42: a flood of signals reaches each of the others once, and its sender not at all', async () => {
  await team.withLine(team.ada, async (hers) => {
    await team.withLine(team.bo, async (his) => {
      for (let n = 0; n < 300; n++) {
        his.say({ t: 'typing', channel: team.general });
        his.say({ t: 'presence', presence: n % 2 === 0 ? 'away' : 'here' });
      }
      await his.ask({ t: 'post', op: team.kit.op(), channel: team.general, text: 'done' });
      await hers.until((frame) => JSON.stringify(frame).includes('"text":"done"'));
      expect([hers.all('typing').length, his.all('typing').length]).toEqual([1, 0]);
      expect(hers.all('presence').length).toBeLessThanOrEqual(3);
    });
  });
});

describe('a channel one is not in', () => {
  const secret = (): Promise<{ readonly id: ChannelId; readonly message: string }> =>
    team.withLine(team.ada, async (line) => {
      const id = team.kit.op<ChannelId>();
      const message = team.kit.op();
      const made = {
        t: 'create-channel',
        op: team.kit.op(),
        id,
        kind: 'private',
        name: 'canary-name',
        topic: 'canary-topic',
        members: [],
      };
      expect(await line.ask(made)).toMatchObject({ t: 'ack' });
      expect(
        await line.ask({ t: 'post', op: message, channel: id, text: 'canary-text' }),
      ).toMatchObject({ t: 'ack' });
      return { id, message };
    });

  test('S66: answers every deed and question by id like one that does not exist', async () => {
    const { id, message } = await secret();
    const deeds = (channel: string): readonly Record<string, unknown>[] => [
      { t: 'post', channel, text: 'x' },
      { t: 'edit', channel, message, text: 'x' },
      { t: 'delete', channel, message },
      { t: 'read', channel, seq: 1 },
      { t: 'level', channel, level: 'none' },
      { t: 'change-channel', channel, name: 'x' },
      { t: 'archive', channel, isArchived: true },
      { t: 'join', channel },
      { t: 'leave', channel },
      { t: 'add-member', channel, member: team.bo.member.id },
      { t: 'remove-member', channel, member: team.ada.member.id },
    ];
    await team.withLine(team.bo, async (line) => {
      const missing = team.kit.op<ChannelId>();
      const answers = async (channel: ChannelId): Promise<unknown[]> => {
        const found: unknown[] = [];
        for (const deed of deeds(channel))
          found.push((await line.ask({ ...deed, op: team.kit.op() }))['refusal']);
        for (const [n, question] of [
          { t: 'range', feed: channelFeed(channel), from: 1, to: 9 },
          { t: 'roster', channel },
        ].entries()) {
          const req = channel === id ? 10 + n : 20 + n;
          found.push((await line.ask({ ...question, req }))['refusal']);
        }
        return found;
      };
      const hidden = await answers(id);
      expect(hidden).toEqual(await answers(missing));
      expect(new Set(hidden.map((one) => (one as { kind: string }).kind))).toEqual(
        new Set(['not-found']),
      );
      expect(
        await line.ask({
          t: 'range',
          req: 30,
          feed: memberFeed(team.ada.member.id),
          from: 1,
          to: 9,
        }),
      ).toMatchObject({
        refusal: { kind: 'not-found' },
      });
    });
    expect(await team.kit.relay.store.roster(id)).toEqual([team.ada.member.id]);
  });

  test('S67: not a word of it is in what others hear, live or catching up, nor in any log', async () => {
    const his = await team.kit.line(team.bo);
    const { id, message } = await secret();
    await team.withLine(team.ada, async (line) => {
      await line.ask({ t: 'edit', op: team.kit.op(), channel: id, message, text: 'canary-edited' });
      line.say({ t: 'typing', channel: id });
      await line.ask({
        t: 'change-channel',
        op: team.kit.op(),
        channel: id,
        topic: 'canary-other',
      });
      await line.ask({ t: 'delete', op: team.kit.op(), channel: id, message });
      await line.ask({ t: 'post', op: team.kit.op(), channel: team.general, text: 'over' });
    });
    await his.until((frame) => JSON.stringify(frame).includes('"text":"over"'));
    for (const t of ['get-team', 'get-member', 'sessions'])
      await his.ask({ t, req: 40 + t.length });
    his.ws.terminate();
    await team.withLine(team.bo, async (again) => {
      const heard = [...his.texts, ...again.texts].join('\n');
      expect(heard.length).toBeGreaterThan(1_000);
      for (const word of [
        'canary-name',
        'canary-topic',
        'canary-text',
        'canary-edited',
        'canary-other',
        id,
      ])
        expect(heard).not.toContain(word);
    });
    expect(team.kit.log.join('\n')).not.toContain('canary');
  });

  test('S70: is closed to the words one left there, too', async () => {
    const channel = team.kit.op<ChannelId>();
    const message = team.kit.op();
    await team.withLine(team.ada, async (hers) => {
      const made = {
        t: 'create-channel',
        op: team.kit.op(),
        id: channel,
        kind: 'private',
        name: 'team',
        topic: '',
        members: [team.bo.member.id],
      };
      await hers.ask(made);
      await team.withLine(team.bo, async (his) => {
        await his.ask({ t: 'post', op: message, channel, text: 'mine' });
        await hers.ask({
          t: 'remove-member',
          op: team.kit.op(),
          channel,
          member: team.bo.member.id,
        });
        expect(
          kindOf(
            await his.ask({ t: 'edit', op: team.kit.op(), channel, message, text: 'changed' }),
          ),
        ).toBe('not-found');
        expect(kindOf(await his.ask({ t: 'delete', op: team.kit.op(), channel, message }))).toBe(
          'not-found',
        );
      });
      expect(
        JSON.stringify(
          await hers.ask({ t: 'range', req: 1, feed: channelFeed(channel), from: 1, to: 9 }),
        ),
      ).toContain('"text":"mine"');
    });
  });
});

test('S71: nobody changes the words of another, speaks for the relay, or takes a rank that was not given', async () => {
  const message = team.kit.op();
  await team.withLine(team.ada, async (hers) => {
    await hers.ask({ t: 'post', op: message, channel: team.general, text: 'hers' });
    await team.withLine(team.bo, async (his) => {
      const kinds: unknown[] = [];
      for (const deed of [
        { t: 'edit', channel: team.general, message, text: 'his' },
        { t: 'delete', channel: team.general, message },
        { t: 'set-role', member: team.bo.member.id, role: 'owner' },
        { t: 'set-role', member: team.ada.member.id, role: 'guest' },
        { t: 'set-active', member: team.ada.member.id, isActive: false },
        { t: 'change-team', name: 'Mine' },
        { t: 'joined', channel: team.general },
        { t: 'ack', feed: 'team', seq: 1, at: 1 },
      ]) {
        kinds.push(kindOf(await his.ask({ ...deed, op: team.kit.op() })));
      }
      expect(kinds).toEqual([
        ...Array<string>(6).fill('not-allowed'),
        'unknown-frame',
        'unknown-frame',
      ]);
    });
    // The last owner stays one, whatever the last owner says.
    expect(
      kindOf(
        await hers.ask({
          t: 'set-role',
          op: team.kit.op(),
          member: team.ada.member.id,
          role: 'member',
        }),
      ),
    ).toMatch(/not-allowed|conflict|limit/);
    expect(
      JSON.stringify(
        await hers.ask({ t: 'range', req: 1, feed: channelFeed(team.general), from: 1, to: 9_999 }),
      ),
    ).toContain('"text":"hers"');
  });
  expect(await team.kit.relay.store.member(team.ada.member.id)).toMatchObject({
    role: 'owner',
    isActive: true,
  });
});
