/** Frames on real sockets, made by hand: what RFC 6455 forbids, what our limits forbid, and a client that does not read. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed, type MessageId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import {
  createSocketKit,
  frame,
  type FrameShape,
  type RawClient,
  type SocketKit,
} from '../../test/kit/socket-kit.ts';

let kit: SocketKit;
beforeEach(async () => {
  kit = await createSocketKit();
});
afterEach(async () => {
  expect(kit.relay.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});

const TEXT = 1;
const { frameBytes, frameFragments } = DEFAULT_LIMITS;
const HELLO = JSON.stringify({
  t: 'hello',
  versions: { min: 1, max: 1 },
  epoch: null,
  positions: {},
  focus: null,
  presence: 'here',
});

/** Resolves when the relay has let the last connection go; the test's own time limit fails it otherwise. */
async function nobody(): Promise<void> {
  while (kit.relay.core.stats.connections > 0)
    await new Promise((resolve) => setImmediate(resolve));
}

describe('a frame that is not allowed ends the connection with the code for it', () => {
  const many = (count: number, payload: string): FrameShape[] => [
    { opcode: TEXT, payload, isFinal: false },
    ...Array.from({ length: count - 1 }, () => ({ opcode: 0, payload, isFinal: false })),
  ];
  const cases: readonly (readonly [string, number, readonly FrameShape[]])[] = [
    ['an unmasked one', 1002, [{ opcode: TEXT, payload: 'x', isMasked: false }]],
    ['a reserved bit', 1002, [{ opcode: TEXT, payload: 'x', reserved: 0x40 }]],
    ['opcode 3', 1002, [{ opcode: 3 }]],
    ['a ping in pieces', 1002, [{ opcode: 9, isFinal: false }]],
    ['a ping of 126 bytes', 1002, [{ opcode: 9, payload: 'x'.repeat(126) }]],
    ['close code 1005', 1002, [{ opcode: 8, payload: Buffer.from([0x03, 0xed]) }]],
    ['close code 999', 1002, [{ opcode: 8, payload: Buffer.from([0x03, 0xe7]) }]],
    ['close code 5000', 1002, [{ opcode: 8, payload: Buffer.from([0x13, 0x88]) }]],
    [
      'a close reason that is no UTF-8',
      1007,
      [{ opcode: 8, payload: Buffer.from([0x03, 0xe8, 0xff]) }],
    ],
    ['a text that is no UTF-8', 1007, [{ opcode: TEXT, payload: Buffer.from([0xc3, 0x28]) }]],
    [
      'a character cut by the end',
      1007,
      [{ opcode: TEXT, payload: Buffer.from('你').subarray(0, 2) }],
    ],
    ['a continuation of nothing', 1002, [{ opcode: 0, payload: 'x' }]],
    ['2^63 - 1 bytes claimed', 1009, [{ opcode: TEXT, claims: 2n ** 63n - 1n }]],
    [
      'one byte more than frameBytes',
      1009,
      [{ opcode: TEXT, payload: 'x'.repeat(frameBytes + 1) }],
    ],
    [
      'frameBytes in pieces and one byte',
      1009,
      [
        { opcode: TEXT, payload: 'x'.repeat(40_000), isFinal: false },
        { opcode: 0, payload: 'x'.repeat(frameBytes - 40_000 + 1) },
      ],
    ],
    ['more pieces than frameFragments', 1008, many(frameFragments + 1, 'x')],
    ['more empty pieces than frameFragments', 1008, many(frameFragments + 1, '')],
    ['a binary message', 1003, [{ opcode: 2, payload: 'x' }]],
  ];

  test.each(cases)('%s: %i', async (_what, code, shapes) => {
    const client = await kit.raw(kit.relay.owner);
    client.socket.write(Buffer.concat(shapes.map(frame)));
    expect(await client.closeCode).toBe(code);
    await nobody();
  });
});

test.each([
  ['frameBytes', [{ opcode: TEXT, payload: HELLO.padEnd(frameBytes) }]],
  [
    'frameFragments',
    Array.from({ length: frameFragments }, (_, n) => ({
      opcode: n === 0 ? TEXT : 0,
      payload: n === 0 ? HELLO : ' ',
      isFinal: n === frameFragments - 1,
    })),
  ],
])('a hello of exactly %s is a hello', async (_limit, shapes: readonly FrameShape[]) => {
  const client = await kit.raw(kit.relay.owner);
  client.socket.write(Buffer.concat(shapes.map(frame)));
  while (!client.received.includes('caught-up'))
    await new Promise((resolve) => client.socket.once('data', resolve));
  client.socket.destroy();
});

test('the longest text, every byte of it escaped, is a message like any other', async () => {
  const client = await kit.client(kit.relay.owner);
  const text = '\u0001'.repeat(DEFAULT_LIMITS.textBytes);
  client.ws.send(
    JSON.stringify({ t: 'post', op: kit.relay.id<MessageId>(), channel: kit.relay.general, text }),
  );
  await client.heard('ack');
  expect(await client.heard('events')).toMatchObject({ events: [{ text }] });
});

test('a hello in pieces, with a ping between them, is a hello; the ping is answered with its own bytes', async () => {
  const client = await kit.raw(kit.relay.owner);
  client.socket.write(
    Buffer.concat([
      frame({ opcode: TEXT, payload: HELLO.slice(0, 20), isFinal: false }),
      frame({ opcode: 9, payload: 'are you there' }),
      frame({ opcode: 0, payload: HELLO.slice(20) }),
    ]),
  );
  while (!client.received.includes('caught-up'))
    await new Promise((resolve) => client.socket.once('data', resolve));
  expect(
    client.received.includes(
      Buffer.concat([Buffer.from([0x8a, 13]), Buffer.from('are you there')]),
    ),
  ).toBe(true);
  client.socket.destroy();
});

test('a flood of pings ends the connection and is not answered without end', async () => {
  const client = await kit.raw(kit.relay.owner);
  client.socket.pause();
  const pings = Buffer.concat(
    Array.from({ length: 2_000 }, () => frame({ opcode: 9, payload: 'x'.repeat(100) })),
  );
  client.socket.write(pings);
  client.socket.resume();
  expect(await client.closeCode).toBe(CLOSE.flood);
  expect(client.received.length).toBeLessThan(60 * 102 + 200);
});

test('what a client is told is one write: ack and delivery together, framed right at every length', async () => {
  const client = await kit.client(kit.relay.owner);
  for (const length of [1, 60, 125, 126, 300, 5_000, 16_000]) {
    const op = kit.relay.id<MessageId>();
    client.ws.send(
      JSON.stringify({
        t: 'post',
        op,
        channel: kit.relay.general,
        text: '界'.repeat(length / 3 + 1),
      }),
    );
  }
  await client.heard('ack', 7);
  const posted = client.frames
    .filter((one) => one['t'] === 'events')
    .flatMap((one) => one['events'] as { text: string }[]);
  expect(posted.map((event) => event.text.length)).toEqual(
    [1, 60, 125, 126, 300, 5_000, 16_000].map((length) => Math.floor(length / 3 + 1)),
  );
});

test('a client that does not read is closed as slow, its memory is given back, and it comes back whole', async () => {
  await kit.dispose();
  kit = await createSocketKit({ outboundBehindBytes: 50_000, outboundStallMs: 2_000 });
  const bo = await kit.relay.person('bo');
  const client = await kit.raw(bo);
  client.socket.write(frame({ opcode: TEXT, payload: HELLO }));
  while (!client.received.includes('caught-up'))
    await new Promise((resolve) => client.socket.once('data', resolve));
  client.socket.pause();
  const feed = channelFeed(kit.relay.general);
  // More than the sockets' own buffers of both ends hold.
  for (let i = 0; i < 600; i++) {
    await kit.relay.write((tx) => {
      const id = kit.relay.id<MessageId>();
      return tx.append(feed, {
        by: bo.id,
        kind: 'posted',
        op: id,
        body: { id, text: 'x'.repeat(15_000) },
      });
    });
  }
  await kit.relay.settle();
  expect(kit.relay.lines.map((line) => line.event)).toContain('client-behind');
  expect(kit.relay.core.stats.queuedBytes).toBeLessThan(400_000);
  kit.relay.clock.advance(5_000);
  expect(kit.relay.core.stats).toMatchObject({ connections: 0, queuedBytes: 0 });
  client.socket.destroy();

  const again = await kit.client(bo);
  const head = await kit.relay.store.head(feed);
  again.ws.send(JSON.stringify({ t: 'range', req: 1, feed, from: head, to: head }));
  await again.heard('page', 2);
  again.ws.terminate();
});

describe('a message that is begun has messageMs', () => {
  const { messageMs } = DEFAULT_LIMITS;
  const ping = frame({ opcode: 9 });
  const piece = (payload: string, opcode = 0): Buffer => frame({ opcode, payload, isFinal: false });
  /** Sends these bytes; resolves when the relay has read them. */
  const sent = async (client: RawClient, bytes: Buffer): Promise<void> => {
    const { socket } = client;
    const before = kit.bytesRead();
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    await expect.poll(() => kit.bytesRead() - before).toBe(bytes.length);
  };
  const question = (req: number): Buffer =>
    frame({ opcode: TEXT, payload: JSON.stringify({ t: 'get-team', req }) });
  const open = async (): Promise<RawClient> => {
    const client = await kit.raw(kit.relay.owner);
    client.socket.write(frame({ opcode: TEXT, payload: HELLO }));
    await expect.poll(() => client.received.includes('caught-up')).toBe(true);
    return client;
  };

  test.each([
    ['half of a frame', [question(1).subarray(0, 12)]],
    ['the first byte of one', [question(1).subarray(0, 1)]],
    ['half of a ping', [frame({ opcode: 9, payload: 'still here' }).subarray(0, 8)]],
    ['a piece, with pings after it', [piece('{', TEXT), ping, ping]],
    ['pieces one after the other', [piece('{', TEXT), piece(' '), ping, piece(' ')]],
  ])('%s: then the connection is closed', async (_what, parts) => {
    const client = await open();
    for (const part of parts) await sent(client, part);
    kit.relay.clock.advance(messageMs - 1);
    expect(kit.relay.core.stats.connections).toBe(1);
    kit.relay.clock.advance(1);
    expect(await client.closeCode).toBe(CLOSE.messageTimeout);
    expect(kit.relay.core.stats.connections).toBe(0);
  });

  test('and the next one has it anew, also when it begins in the same piece of data', async () => {
    const client = await open();
    const [one, two] = [question(1), question(2)];
    await sent(client, one.subarray(0, 9));
    kit.relay.clock.advance(messageMs - 1);
    await sent(client, Buffer.concat([one.subarray(9), two.subarray(0, 9)]));
    kit.relay.clock.advance(messageMs - 1);
    await sent(client, two.subarray(9));
    await expect.poll(() => client.received.includes('"req":2')).toBe(true);
    // Nothing is begun any more.
    kit.relay.clock.advance(messageMs + 1);
    await sent(client, question(3));
    await expect.poll(() => client.received.includes('"req":3')).toBe(true);
  });
});

test('a client that went without a word is forgotten', async () => {
  const client = await kit.client(kit.relay.owner);
  client.ws.terminate();
  await nobody();
  expect(kit.relay.core.stats).toMatchObject({ members: 0, feeds: 0, connections: 0 });
});

test('a close by the relay reaches the client with its code', async () => {
  const client = await kit.client(kit.relay.owner);
  kit.relay.core.dispose();
  expect(await client.closed).toBe(CLOSE.restart);
});
