/** What a client may send, what it gets for the rest, and that nothing worse happens than losing its own socket. */
import { afterEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed, type MessageId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createRelayKit, post, type RelayKit, type TestClient } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
afterEach(async () => {
  expect(kit.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});
const start = async (limits: Partial<Limits> = {}): Promise<TestClient> => {
  kit = await createRelayKit({ limits });
  return kit.live(kit.owner);
};
const refusals = (client: TestClient): string[] =>
  client.all('refused').map(({ refusal }) => refusal.kind);

describe('hello', () => {
  test.each([
    [
      'a post',
      '{"t":"post","op":"01980000-0000-7000-8000-00000000abcd","channel":"01980000-0000-7000-8000-00000000abcd","text":"x"}',
    ],
    ['a question', '{"t":"get-team","req":1}'],
    ['nonsense', 'nonsense'],
    ['an unknown frame', '{"t":"knock"}'],
    ['a bad hello', '{"t":"hello","versions":{"min":1,"max":1}}'],
  ])('must come first: %s closes the socket', async (_what, text) => {
    kit = await createRelayKit();
    const client = await kit.connect(kit.owner);
    client.sayRaw(text);
    await kit.settle();
    expect(client.closedWith).toBe(CLOSE.protocolError);
    expect(client.frames).toEqual([]);
  });

  test('must come once', async () => {
    const client = await start();
    client.hello();
    expect(client.closedWith).toBe(CLOSE.protocolError);
  });

  test('twice at once closes the socket without a word', async () => {
    kit = await createRelayKit();
    const client = await kit.connect(kit.owner);
    client.hello();
    client.hello();
    await kit.settle();
    expect([client.closedWith, client.frames]).toEqual([CLOSE.protocolError, []]);
  });

  test('of versions nobody here speaks ends for good', async () => {
    kit = await createRelayKit();
    const client = await kit.connect(kit.owner);
    client.hello({ versions: { min: 7, max: 9 } });
    await kit.settle();
    expect(client.closedWith).toBe(CLOSE.versionUnsupported);
  });

  test('for a session that ended meanwhile ends for good', async () => {
    kit = await createRelayKit();
    const client = await kit.connect(kit.owner);
    const session = await kit.store.session(client.session);
    await kit.write((tx) => tx.putSession({ ...session!, endedAt: 1 }));
    client.hello();
    await kit.settle();
    expect([client.closedWith, client.frames]).toEqual([CLOSE.sessionEnded, []]);
  });

  test('may be followed at once by other frames: they are answered after welcome, in order', async () => {
    kit = await createRelayKit();
    const client = await kit.connect(kit.owner);
    client.hello();
    const ops = [1, 2, 3].map(() => kit.id<MessageId>());
    for (const op of ops) client.say(post(op, kit.general, 'early'));
    await kit.settle();
    expect(client.frames[0]?.t).toBe('welcome');
    expect(client.all('ack').map((ack) => ack.op)).toEqual(ops);
  });
});

describe('a frame that is not of its schema', () => {
  const op = '01980000-0000-7000-8000-00000000beef';
  const general = (): string => kit.general;
  const cases: readonly (readonly [string, () => string, Record<string, unknown>])[] = [
    ['null', () => 'null', { kind: 'bad-request' }],
    ['an array', () => '[]', { kind: 'bad-request' }],
    ['a text', () => '"x"', { kind: 'bad-request' }],
    ['a huge number', () => '1e400', { kind: 'bad-request' }],
    ['nothing', () => '', { kind: 'bad-request' }],
    ['a byte order mark', () => '\ufeff{"t":"get-team","req":1}', { kind: 'bad-request' }],
    ['trailing bytes', () => '{"t":"get-team","req":1}x', { kind: 'bad-request' }],
    ['ten thousand brackets', () => '['.repeat(10_000), { kind: 'bad-request' }],
    [
      'ten thousand nested objects',
      () => `{"t":"get-team","req":1,"x":${'{"x":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
      { kind: 'bad-request', field: 'x' },
    ],
    [
      'ten thousand keys',
      () =>
        `{"t":"get-team","req":1,${Array.from({ length: 5_000 }, (_, i) => `"k${i}":1`).join()}}`,
      { kind: 'bad-request' },
    ],
    [
      'a prototype',
      () => `{"t":"get-team","req":1,"__proto__":{"admin":true}}`,
      { kind: 'bad-request' },
    ],
    [
      'a constructor',
      () => `{"t":"get-team","req":1,"constructor":{"prototype":{"admin":true}}}`,
      { kind: 'bad-request', field: 'constructor' },
    ],
    [
      'an unknown field',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":"x","seq":9}`,
      { kind: 'bad-request', field: 'seq' },
    ],
    [
      'a sender of its own',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":"x","by":"${op}"}`,
      { kind: 'bad-request', field: 'by' },
    ],
    [
      'a text that is none',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":5}`,
      { kind: 'bad-request', field: 'text' },
    ],
    [
      'an empty text',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":""}`,
      { kind: 'bad-request', field: 'text' },
    ],
    [
      'half a character',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":"\\ud800"}`,
      { kind: 'bad-request', field: 'text' },
    ],
    [
      'a NUL',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":"a\\u0000b"}`,
      { kind: 'bad-request', field: 'text' },
    ],
    [
      'a text too long',
      () => `{"t":"post","op":"${op}","channel":"${general()}","text":"${'x'.repeat(16_385)}"}`,
      { kind: 'bad-request', field: 'text' },
    ],
    [
      'a channel id that is none',
      () => `{"t":"post","op":"${op}","channel":"../../x","text":"x"}`,
      { kind: 'bad-request', field: 'channel' },
    ],
    [
      'a name that turns around',
      () => `{"t":"change-profile","op":"${op}","name":"\\u202egnp.exe"}`,
      { kind: 'bad-request', field: 'name' },
    ],
    [
      'a negative seq',
      () => `{"t":"read","op":"${op}","channel":"${general()}","seq":-1}`,
      { kind: 'bad-request', field: 'seq' },
    ],
    [
      'a fraction',
      () => `{"t":"read","op":"${op}","channel":"${general()}","seq":1.5}`,
      { kind: 'bad-request', field: 'seq' },
    ],
    [
      '2^53',
      () => `{"t":"read","op":"${op}","channel":"${general()}","seq":9007199254740992}`,
      { kind: 'bad-request', field: 'seq' },
    ],
    [
      'a limit',
      () => `{"t":"range","req":1,"feed":"team","from":1,"to":9,"limit":1000000000}`,
      { kind: 'bad-request', field: 'limit' },
    ],
    [
      'a span from 0',
      () => `{"t":"range","req":1,"feed":"team","from":0,"to":9}`,
      { kind: 'bad-request', field: 'from' },
    ],
    [
      'a span of words',
      () => `{"t":"range","req":1,"feed":"team","from":"all","to":9}`,
      { kind: 'bad-request', field: 'from' },
    ],
    ['an unknown name', () => `{"t":"knock","op":"${op}"}`, { kind: 'unknown-frame' }],
    ['a name of Object', () => `{"t":"hasOwnProperty","req":1}`, { kind: 'unknown-frame' }],
  ];

  test.each(cases)('%s is refused in words, and the socket stays', async (_what, text, refusal) => {
    const client = await start();
    client.sayRaw(text());
    await kit.settle();
    expect(client.all('refused')).toMatchObject([{ refusal: { ...refusal, retryable: false } }]);
    expect(client.texts.join()).not.toMatch(/at .*\.ts|SQLITE|Error/);
    expect(client.closedWith).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    expect(await kit.store.head(channelFeed(kit.general))).toBe(1);
  });

  test('is answered to its op or req where those can be read', async () => {
    const client = await start();
    client.sayRaw(`{"t":"post","op":"${op}"}`);
    client.sayRaw('{"t":"range","req":7}');
    await kit.settle();
    expect(client.all('refused')).toMatchObject([{ op }, { req: 7 }]);
  });

  test('nobody knows ends the conversation at the fiftieth within a minute', async () => {
    const client = await start({ framesPerSecond: 1_000, framesBurst: 1_000 });
    for (let i = 0; i < 49; i++) client.sayRaw('{"t":"knock"}');
    await kit.settle();
    expect(client.closedWith).toBeUndefined();
    client.sayRaw('{"t":"knock"}');
    expect(client.closedWith).toBe(CLOSE.flood);
  });
});

describe('too much', () => {
  test('sending is refused with a time to wait, order is kept, and it goes on after the wait', async () => {
    const client = await start();
    const ops = Array.from({ length: 40 }, () => kit.id<MessageId>());
    for (const op of ops) client.say(post(op, kit.general, 'flood'));
    await kit.settle();
    expect(client.all('ack').map((ack) => ack.op)).toEqual(ops.slice(0, DEFAULT_LIMITS.sendsBurst));
    expect(refusals(client)).toEqual(Array(10).fill('rate-limited'));
    const wait = client.all('refused')[0]?.refusal.retryAfterMs ?? 0;
    // A send that was on its way when the refusal left must not overtake the refused ones, though it would fit by now.
    kit.clock.advance(wait - 50);
    client.say(post(kit.id(), kit.general, 'hasty'));
    await kit.settle();
    expect(client.all('ack')).toHaveLength(30);
    kit.clock.advance(51);
    for (const op of ops.slice(30, 33)) client.say(post(op, kit.general, 'flood'));
    await kit.settle();
    expect(client.all('ack').map((ack) => ack.op)).toEqual(ops.slice(0, 33));
    expect(client.closedWith).toBeUndefined();
  });

  test('asking for history is refused with a time to wait', async () => {
    const client = await start();
    for (let req = 1; req <= 25; req++)
      client.say({ t: 'range', req, feed: channelFeed(kit.general), from: 1, to: 9 });
    await kit.settle();
    expect(client.all('page')).toHaveLength(20);
    expect(client.all('refused')).toHaveLength(5);
    kit.clock.advance(200);
    client.say({ t: 'range', req: 99, feed: channelFeed(kit.general), from: 1, to: 9 });
    await kit.settle();
    expect(client.all('page').at(-1)?.req).toBe(99);
  });

  test('frames of any kind are refused beyond the burst, and in the end the socket is closed', async () => {
    const client = await start();
    for (let req = 1; req <= 61; req++) client.say({ t: 'sessions', req });
    await kit.settle();
    expect(client.all('sessions').length).toBe(60);
    expect(refusals(client)).toEqual(['rate-limited']);
    for (let i = 0; i < 400; i++) client.say({ t: 'typing', channel: kit.general });
    expect(client.closedWith).toBe(CLOSE.flood);
  });

  test('bytes are counted too', async () => {
    const client = await start({ sendsBurst: 1_000, framesBurst: 1_000 });
    const text = 'x'.repeat(16_000);
    for (let i = 0; i < 20; i++) client.say(post(kit.id(), kit.general, text));
    await kit.settle();
    expect(client.all('ack').length).toBe(16);
    expect(refusals(client)).toEqual(Array(4).fill('rate-limited'));
  });
});

describe('a store that cannot write', () => {
  test('refuses changes as unavailable and still answers questions', async () => {
    const client = await start();
    await kit.store.write(async () => undefined);
    const { StoreUnavailable } = await import('../ports/store.ts');
    kit.store.write = () => Promise.reject(new StoreUnavailable('full'));
    client.say(post(kit.id(), kit.general, 'x'));
    client.say({ t: 'get-team', req: 1 });
    await kit.settle();
    expect(client.all('refused')).toMatchObject([
      { refusal: { kind: 'unavailable', retryable: true, retryAfterMs: 1_000 } },
    ]);
    expect(client.all('team-state')).toHaveLength(1);
  });
});
