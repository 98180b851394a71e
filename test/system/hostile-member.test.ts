/** A member, or somebody with a token, who means no good: what they get over the line of the whole relay, and what the others get. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { SignedIn } from '../../protocol/http.ts';
import { channelFeed, memberFeed, type ChannelId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { TICK_MS } from '../../server/gateway/wheel.ts';
import { CERTIFICATE_FILE } from '../../server/lan/tls.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import { createLineKit, LINE_PASSWORD, type Frame, type Line, type LineKit } from '../kit/line-kit.ts';
import { handshake } from '../kit/socket-kit.ts';

const PLENTY = { sendsPerSecond: 1_000, sendsBurst: 1_000, framesPerSecond: 1_000, framesBurst: 1_000, historyPerSecond: 1_000 };
let kit: LineKit;
let ada: SignedIn;
let bo: SignedIn;
let general: ChannelId;
beforeAll(async () => {
  kit = await createLineKit(PLENTY);
  ada = kit.ada;
  bo = await kit.person('bo');
  general = ada.team.id as ChannelId;
});
afterAll(async () => {
  expect(kit.log.join('')).not.toMatch(/-failed|crashed/);
  expect(await kit.relay.store.audit()).toEqual([]);
  await kit.dispose();
});
const withLine = async <T>(who: SignedIn, run: (line: Line) => Promise<T>): Promise<T> => {
  const line = await kit.line(who);
  try {
    return await run(line);
  } finally {
    line.ws.terminate();
  }
};
const kindOf = (frame: Frame): unknown => (frame['t'] === 'refused' ? (frame['refusal'] as { kind: string }).kind : frame['t']);
const head = (): Promise<number> => kit.relay.store.head(channelFeed(general));

describe('an operation', () => {
  test('S33: sent a hundred times at once over five sockets is one message with a hundred equal acknowledgements', async () => {
    const before = await head();
    const lines = await Promise.all(Array.from({ length: 5 }, () => kit.line(bo)));
    const op = kit.op();
    for (let n = 0; n < 100; n++) lines[n % 5]?.say({ t: 'post', op, channel: general, text: 'once' });
    // A question after them is answered after them.
    await Promise.all(lines.map((line) => line.ask({ t: 'post', op: kit.op(), channel: general, text: 'last' })));
    const acks = lines.flatMap((line) => line.all('ack').filter((ack) => ack['op'] === op));
    expect(acks).toHaveLength(100);
    expect(new Set(acks.map((ack) => JSON.stringify(ack))).size).toBe(1);
    expect(await head()).toBe(before + 6);
    for (const line of lines) line.ws.terminate();
  });

  test('S34, S35: with other content is a conflict; under another sender it is theirs, and tells nothing of the first', async () => {
    await withLine(ada, async (hers) => {
      const op = kit.op();
      const own = kit.op<ChannelId>();
      expect(await hers.ask({ t: 'post', op, channel: general, text: 'canary-first' })).toMatchObject({ t: 'ack' });
      hers.say({ t: 'post', op, channel: general, text: 'second' });
      const refused = await hers.until((frame) => frame['t'] === 'refused' && frame['op'] === op);
      expect(refused).toMatchObject({ refusal: { kind: 'conflict', retryable: false } });
      await withLine(bo, async (his) => {
        await his.ask({ t: 'create-channel', op: kit.op(), id: own, kind: 'private', name: 'mine', topic: '', members: [] });
        expect(await his.ask({ t: 'post', op, channel: own, text: 'his own' })).toMatchObject({ t: 'ack', feed: channelFeed(own) });
        const page = await his.ask({ t: 'range', req: 1, feed: channelFeed(own), from: 1, to: 99 });
        expect(JSON.stringify(page)).toContain('his own');
        expect(JSON.stringify(page)).not.toContain('canary');
      });
    });
  });

  test('S40: an edit, a deletion, a read mark and a name twice with one id happen once', async () => {
    await withLine(bo, async (line) => {
      const message = kit.op();
      await line.ask({ t: 'post', op: message, channel: general, text: 'frist' });
      for (const change of [
        { t: 'edit', op: kit.op(), channel: general, message, text: 'first' },
        { t: 'read', op: kit.op(), channel: general, seq: 1, isBack: true },
        { t: 'change-profile', op: kit.op(), name: 'Bo' },
        { t: 'delete', op: kit.op(), channel: general, message },
      ]) {
        line.say(change);
        line.say(change);
        await line.ask({ t: 'post', op: kit.op(), channel: general, text: 'after' });
        const acks = line.all('ack').filter((ack) => ack['op'] === change.op);
        expect([change.t, acks.length, new Set(acks.map((ack) => JSON.stringify(ack))).size]).toEqual([change.t, 2, 1]);
      }
    });
  });

  test('S39: what only the relay says is refused, each field by its name, and stored nowhere', async () => {
    const before = await head();
    await withLine(bo, async (line) => {
      for (const field of ['seq', 'at', 'ts', 'by', 'sender', 'role', 'epoch', 'kind', 'isSystem', 'edited']) {
        const answer = await line.ask({ t: 'post', op: kit.op(), channel: general, text: 'x', [field]: 1 });
        expect(answer).toMatchObject({ t: 'refused', refusal: { kind: 'bad-request', field, retryable: false } });
      }
    });
    expect(await head()).toBe(before);
  });
});

describe('a question', () => {
  test.each([1e9, 0, -1, 1.5, 'all', null])('S37: for %s events is for a page at most, or refused', async (to) => {
    await withLine(bo, async (line) => {
      const answer = await line.ask({ t: 'range', req: 7, feed: channelFeed(general), from: 1, to });
      if (kindOf(answer) === 'page') expect((answer['events'] as unknown[]).length).toBeLessThanOrEqual(200);
      else expect(answer).toMatchObject({ refusal: { kind: 'bad-request', field: 'to' } });
      expect(kindOf(answer) === 'page').toBe(to === 1e9);
    });
  });
});

test('S41: a flood of messages is told to wait; the socket stays, and the order of what was taken', async () => {
  // What may be said does not come back while this goes on.
  const small = await createLineKit({}, 'own', {}, { clock: createFakeClock(Date.now()) });
  try {
    const line = await small.line(small.ada);
    const ops = Array.from({ length: 45 }, () => small.op());
    for (const [n, op] of ops.entries()) line.say({ t: 'post', op, channel: small.ada.team.id, text: `${n}` });
    await Promise.all(ops.map((op) => line.until((frame) => frame['op'] === op)));
    const acked = line.all('ack').map((ack) => ack['op']);
    expect(acked).toEqual(ops.slice(0, DEFAULT_LIMITS.sendsBurst));
    const refused = line.all('refused');
    expect(refused.length).toBe(45 - acked.length);
    for (const frame of refused) {
      expect(frame).toMatchObject({ refusal: { kind: 'rate-limited', retryable: true, retryAfterMs: expect.any(Number) } });
    }
    expect(line.ws.readyState).toBe(1);
  } finally {
    await small.dispose();
  }
});

test('S42: a flood of signals reaches each of the others once, and its sender not at all', async () => {
  await withLine(ada, async (hers) => {
    await withLine(bo, async (his) => {
      for (let n = 0; n < 300; n++) {
        his.say({ t: 'typing', channel: general });
        his.say({ t: 'presence', presence: n % 2 === 0 ? 'away' : 'here' });
      }
      await his.ask({ t: 'post', op: kit.op(), channel: general, text: 'done' });
      await hers.until((frame) => JSON.stringify(frame).includes('"text":"done"'));
      expect([hers.all('typing').length, his.all('typing').length]).toEqual([1, 0]);
      expect(hers.all('presence').length).toBeLessThanOrEqual(3);
    });
  });
});

describe('a token', () => {
  const b64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const statusFor = async (token: string): Promise<string> =>
    (await kit.answer(handshake(kit.relay.port, { Authorization: `Bearer ${token}` }))).slice(9, 12);
  const parts = (): { header: Record<string, unknown>; claims: Record<string, unknown>; signature: string; text: string } => {
    const [header = '', claims = '', signature = ''] = bo.tokens.access.split('.');
    const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    return { header: read(header), claims: read(claims), signature, text: `${header}.${claims}` };
  };
  const day = 86_400;

  const forged: readonly (readonly [string, string, () => string])[] = [
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].map(
      (alg) => ['S45', `alg "${alg}"`, () => `${b64({ ...parts().header, alg })}.${b64(parts().claims)}.`] as const,
    ),
    ['S45', 'signed with the certificate that everybody sees', () => withKey(readFileSync(join(kit.folder, 'data', CERTIFICATE_FILE)))],
    ['S45', 'signed with nothing', () => withKey('')],
    ['S46', 'that brings its own key', () => withHeader({ jwk: { kty: 'oct', k: 'AAAA' } })],
    ['S46', 'that names where its key lies', () => withHeader({ jku: `https://127.0.0.1:${kit.relay.port}/v1/relay` })],
    ['S46', 'that brings a certificate', () => withHeader({ x5c: ['AAAA'] })],
    ['S46', 'that names where its certificate lies', () => withHeader({ x5u: 'https://evil.test/cert' })],
    ['S47', 'with a kid that climbs', () => withHeader({ kid: '../../dev/null' })],
    ['S47', 'with SQL in its kid', () => withHeader({ kid: "x' OR 1=1 --" })],
    ['S47', 'with a kid of 10 KiB', () => withHeader({ kid: 'k'.repeat(10_240) })],
    ['S48', 'with something critical', () => withHeader({ crit: ['evil'], evil: true })],
    ['S48', 'with b64 off', () => withHeader({ crit: ['b64'], b64: false })],
    ['S48', 'of five parts', () => `${bo.tokens.access}.x.y`],
    ['S50', 'whose time was changed', () => withClaims({ exp: Number(parts().claims['exp']) + day })],
    ['S50', 'without a time', () => withClaims({ exp: undefined })],
    ['S50', 'of another team', () => withClaims({ iss: '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7bff' })],
    ['S50', 'of somebody else', () => withClaims({ sub: ada.member.id })],
  ];
  const signed = (text: string, key: string | Buffer): string => `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  const withKey = (key: string | Buffer): string => signed(parts().text, key);
  const withHeader = (more: object): string => `${b64({ ...parts().header, ...more })}.${b64(parts().claims)}.${parts().signature}`;
  const withClaims = (more: object): string => `${b64(parts().header)}.${b64({ ...parts().claims, ...more })}.${parts().signature}`;

  test.each(forged)('%s: %s opens nothing', async (_id, _what, token) => {
    expect(await statusFor(token())).toMatch(/^4(?:01|31)$/);
    await withLine(bo, async (line) => expect(line.all('welcome')).toHaveLength(1));
  });
});

describe('a session', () => {
  test('S51: opens nothing after its token, and its live socket goes a little later', async () => {
    const [clock, limits] = [createFakeClock(Date.now()), { accessTokenMs: 5_000, accessGraceMs: 3_000 }];
    const small = await createLineKit(limits, 'own', {}, { clock });
    try {
      const line = await small.line(small.ada);
      clock.advance(limits.accessTokenMs);
      const late = await small.answer(handshake(small.relay.port, { Authorization: `Bearer ${small.ada.tokens.access}` }));
      expect(late.slice(9, 12)).toBe('401');
      expect(await line.ask({ t: 'get-team', req: 1 })).toMatchObject({ t: 'team-state' });
      clock.advance(limits.accessGraceMs + TICK_MS);
      expect(await line.closed).toBe(CLOSE.tokenExpired);
    } finally {
      await small.dispose();
    }
  });

  test('S55: that is ended while everybody talks hears no more within a second, and is told to stop', async () => {
    const second = await kit.signIn('bo');
    const line = await kit.line(second);
    let lastHeard = 0;
    line.ws.on('message', () => (lastHeard = performance.now()));
    await withLine(ada, async (hers) => {
      let isOver = false;
      const talk = (async () => {
        for (let n = 0; !isOver; n++) await hers.ask({ t: 'post', op: kit.op(), channel: general, text: `talk ${n}` });
      })();
      await line.until((frame) => JSON.stringify(frame).includes('talk 5'));
      const ended = await withLine(bo, async (his) => {
        expect(await his.ask({ t: 'end-session', req: 1, session: second.session })).toMatchObject({ t: 'done' });
        return performance.now();
      });
      expect(await line.closed).toBe(CLOSE.sessionEnded);
      const closedAfter = performance.now() - ended;
      const told = line.texts.length;
      await hers.ask({ t: 'post', op: kit.op(), channel: general, text: 'canary-after' });
      isOver = true;
      await talk;
      expect([line.texts.length, line.texts.join('').includes('canary-after')]).toEqual([told, false]);
      expect(lastHeard - ended).toBeLessThan(1_000);
      expect(closedAfter).toBeLessThan(2_000);
    });
    const again = await kit.answer(handshake(kit.relay.port, { Authorization: `Bearer ${second.tokens.access}` }));
    expect(again.slice(9, 12)).toBe('401');
  });

  test('S56: ends with a change of the password everywhere but where it was changed', async () => {
    const cy = await kit.person('cy');
    const others = [await kit.line(await kit.signIn('cy')), await kit.line(await kit.signIn('cy'))];
    await withLine(cy, async (line) => {
      const change = { t: 'change-password', req: 1, current: LINE_PASSWORD, next: 'ten lives of the office dog' };
      expect(await line.ask(change)).toMatchObject({ t: 'done' });
      expect(await Promise.all(others.map(({ closed }) => closed))).toEqual([CLOSE.sessionEnded, CLOSE.sessionEnded]);
      expect(await line.ask({ t: 'sessions', req: 2 })).toMatchObject({ sessions: [{ id: cy.session, isLive: true }] });
    });
    expect((await kit.ask('/v1/sign-in', { handle: 'cy', password: LINE_PASSWORD, device: 'x' })).status).toBe(401);
  });

  const refresh = (token: string) => kit.ask('/v1/refresh', { refresh: token });
  const next = async (token: string): Promise<string> => ((await refresh(token)).body as { tokens: { refresh: string } }).tokens.refresh;

  test('S57: ends for both who hold it when a token of long ago comes back, and its live socket is told', async () => {
    const di = await kit.person('di');
    const line = await kit.line(di);
    const newest = await next(await next(di.tokens.refresh));
    expect(await refresh(di.tokens.refresh)).toMatchObject({ status: 401, body: { refusal: { kind: 'session-ended', retryable: false } } });
    expect(await line.closed).toBe(CLOSE.sessionEnded);
    expect((await refresh(newest)).status).toBe(401);
    expect(kit.log.some((text) => text.includes('"reason":"replayed"') && text.includes(di.session))).toBe(true);
  });

  test('S58: survives a device that is killed between every refresh and saving it', async () => {
    const ed = await kit.person('ed');
    let saved = ed.tokens.refresh;
    for (let n = 0; n < 50; n++) {
      // What came back is lost with the process; now and then it gets to saving.
      const fresh = await next(saved);
      if (n % 7 === 6) saved = fresh;
    }
    expect((await refresh(saved)).status).toBe(200);
  });
});

test('S62: a password of a megabyte, or of a byte too many, costs no hash', async () => {
  const begun = kit.relay.auth.passwords.hashesBegun;
  const statuses = [];
  for (const password of ['x'.repeat(1_000_000), 'x'.repeat(1_025), '密'.repeat(400)]) {
    statuses.push((await kit.ask('/v1/sign-in', { handle: 'bo', password, device: 'x' })).status);
  }
  expect([statuses, kit.relay.auth.passwords.hashesBegun]).toEqual([[413, 400, 401], begun]);
});

describe('a channel one is not in', () => {
  const secret = (): Promise<{ readonly id: ChannelId; readonly message: string }> =>
    withLine(ada, async (line) => {
      const id = kit.op<ChannelId>();
      const message = kit.op();
      const made = { t: 'create-channel', op: kit.op(), id, kind: 'private', name: 'canary-name', topic: 'canary-topic', members: [] };
      expect(await line.ask(made)).toMatchObject({ t: 'ack' });
      expect(await line.ask({ t: 'post', op: message, channel: id, text: 'canary-text' })).toMatchObject({ t: 'ack' });
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
      { t: 'add-member', channel, member: bo.member.id },
      { t: 'remove-member', channel, member: ada.member.id },
    ];
    await withLine(bo, async (line) => {
      const missing = kit.op<ChannelId>();
      const answers = async (channel: ChannelId): Promise<unknown[]> => {
        const found: unknown[] = [];
        for (const deed of deeds(channel)) found.push((await line.ask({ ...deed, op: kit.op() }))['refusal']);
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
      expect(new Set(hidden.map((one) => (one as { kind: string }).kind))).toEqual(new Set(['not-found']));
      expect(await line.ask({ t: 'range', req: 30, feed: memberFeed(ada.member.id), from: 1, to: 9 })).toMatchObject({
        refusal: { kind: 'not-found' },
      });
    });
    expect(await kit.relay.store.roster(id)).toEqual([ada.member.id]);
  });

  test('S67: not a word of it is in what others hear, live or catching up, nor in any log', async () => {
    const his = await kit.line(bo);
    const { id, message } = await secret();
    await withLine(ada, async (line) => {
      await line.ask({ t: 'edit', op: kit.op(), channel: id, message, text: 'canary-edited' });
      line.say({ t: 'typing', channel: id });
      await line.ask({ t: 'change-channel', op: kit.op(), channel: id, topic: 'canary-other' });
      await line.ask({ t: 'delete', op: kit.op(), channel: id, message });
      await line.ask({ t: 'post', op: kit.op(), channel: general, text: 'over' });
    });
    await his.until((frame) => JSON.stringify(frame).includes('"text":"over"'));
    for (const t of ['get-team', 'get-member', 'sessions']) await his.ask({ t, req: 40 + t.length });
    his.ws.terminate();
    await withLine(bo, async (again) => {
      const heard = [...his.texts, ...again.texts].join('\n');
      expect(heard.length).toBeGreaterThan(1_000);
      for (const word of ['canary-name', 'canary-topic', 'canary-text', 'canary-edited', 'canary-other', id])
        expect(heard).not.toContain(word);
    });
    expect(kit.log.join('\n')).not.toContain('canary');
  });

  test('S70: is closed to the words one left there, too', async () => {
    const channel = kit.op<ChannelId>();
    const message = kit.op();
    await withLine(ada, async (hers) => {
      const made = { t: 'create-channel', op: kit.op(), id: channel, kind: 'private', name: 'team', topic: '', members: [bo.member.id] };
      await hers.ask(made);
      await withLine(bo, async (his) => {
        await his.ask({ t: 'post', op: message, channel, text: 'mine' });
        await hers.ask({ t: 'remove-member', op: kit.op(), channel, member: bo.member.id });
        expect(kindOf(await his.ask({ t: 'edit', op: kit.op(), channel, message, text: 'changed' }))).toBe('not-found');
        expect(kindOf(await his.ask({ t: 'delete', op: kit.op(), channel, message }))).toBe('not-found');
      });
      expect(JSON.stringify(await hers.ask({ t: 'range', req: 1, feed: channelFeed(channel), from: 1, to: 9 }))).toContain('"text":"mine"');
    });
  });
});

test('S71: nobody changes the words of another, speaks for the relay, or takes a rank that was not given', async () => {
  const message = kit.op();
  await withLine(ada, async (hers) => {
    await hers.ask({ t: 'post', op: message, channel: general, text: 'hers' });
    await withLine(bo, async (his) => {
      const kinds: unknown[] = [];
      for (const deed of [
        { t: 'edit', channel: general, message, text: 'his' },
        { t: 'delete', channel: general, message },
        { t: 'set-role', member: bo.member.id, role: 'owner' },
        { t: 'set-role', member: ada.member.id, role: 'guest' },
        { t: 'set-active', member: ada.member.id, isActive: false },
        { t: 'change-team', name: 'Mine' },
        { t: 'joined', channel: general },
        { t: 'ack', feed: 'team', seq: 1, at: 1 },
      ]) {
        kinds.push(kindOf(await his.ask({ ...deed, op: kit.op() })));
      }
      expect(kinds).toEqual([...Array<string>(6).fill('not-allowed'), 'unknown-frame', 'unknown-frame']);
    });
    // The last owner stays one, whatever the last owner says.
    expect(kindOf(await hers.ask({ t: 'set-role', op: kit.op(), member: ada.member.id, role: 'member' }))).toMatch(
      /not-allowed|conflict|limit/,
    );
    expect(JSON.stringify(await hers.ask({ t: 'range', req: 1, feed: channelFeed(general), from: 1, to: 9_999 }))).toContain(
      '"text":"hers"',
    );
  });
  expect(await kit.relay.store.member(ada.member.id)).toMatchObject({ role: 'owner', isActive: true });
});
