/** Lines over HTTP: answers that stop on the way, connections that are kept, and who else answers. Real servers, on a clock that stands still. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import {
  encodeEvent,
  eventsRequest,
  FRAMES_PATH,
  joinLines,
  LINES_TYPE,
  STREAM_TYPE,
  type Door,
} from '../../../protocol/doors.ts';
import { CLOSE } from '../../../protocol/close-codes.ts';
import { encodeDown, encodeUp } from '../../../protocol/codec.ts';
import { refuse } from '../../../protocol/errors.ts';
import type { ChannelId, MessageId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { WELCOME as BARE_WELCOME } from '../../../test/kit/connection-rig.ts';
import type { RelaySocket, RelayTarget, SocketEvents } from '../ports.ts';
import { createRelayNet } from './relay-socket.ts';

const WELCOME = encodeDown(BARE_WELCOME);
const HELLO = encodeUp({
  t: 'hello',
  versions: { min: 1, max: 1 },
  epoch: null,
  positions: {},
  focus: null,
  presence: 'here',
});
const CAUGHT_UP = '{"t":"caught-up"}';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Rig {
  readonly clock: FakeClock;
  readonly socket: RelaySocket;
  readonly heard: string[];
  readonly closes: number[];
  /** The answers to requests for events, as far as they went. */
  readonly answers: ServerResponse[];
  /** Moves the clock, and has a ping answered. */
  pass(ms: number): Promise<void>;
}

async function body(asked: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of asked.setEncoding('utf8')) text += part as string;
  return text;
}

/** A line at `door` to a relay that answers what is said, and whose other answers end never. */
async function rig(door: Door): Promise<Rig> {
  const answers: ServerResponse[] = [];
  const server = createServer((asked, answer) => {
    void body(asked).then((text) => {
      if (asked.url === FRAMES_PATH)
        return answer.writeHead(200, { 'content-type': LINES_TYPE }).end();
      eventsRequest.parse(JSON.parse(text));
      answers.push(answer);
      if (door === 'stream') {
        answer.writeHead(200, { 'content-type': STREAM_TYPE });
        return answer.write(encodeEvent(WELCOME) + encodeEvent(CAUGHT_UP));
      }
      answer.writeHead(200, { 'content-type': LINES_TYPE });
      if (answers.length === 1) return answer.end(joinLines([WELCOME, CAUGHT_UP]));
      return answer.write(CAUGHT_UP.slice(0, 5));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const clock = createFakeClock(0);
  const [heard, closes] = [[] as string[], [] as number[]];
  let pongs = 0;
  const events = {
    onText: (text: string) => void heard.push(text),
    onPong: () => void pongs++,
    onClose: (code: number) => void closes.push(code),
  };
  const target = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    fingerprint: null,
    isPlain: true,
  };
  const dialed = await createRelayNet({ clock }).dial(target, 'token', events, door);
  if (!dialed.ok) throw new Error(dialed.error.kind);
  const socket = dialed.value;
  ends.push(() => socket.terminate());
  socket.send(HELLO);
  await expect.poll(() => heard).toEqual([WELCOME, CAUGHT_UP]);
  return {
    clock,
    socket,
    heard,
    closes,
    answers,
    pass: async (ms) => {
      clock.advance(ms);
      if (closes.length > 0) return;
      const before = pongs;
      socket.ping();
      await expect.poll(() => pongs > before || closes.length > 0).toBe(true);
    },
  };
}

test('a stream in which nothing comes any more is cut, however well pings are answered', async () => {
  const { pass, closes } = await rig('stream');
  await pass(DEFAULT_LIMITS.clientSilenceMs - 1);
  expect(closes).toEqual([]);
  await pass(1);
  expect(closes).toEqual([1006]);
});

test('a stream with a beat now and then goes on', async () => {
  const { pass, closes, answers, heard } = await rig('stream');
  for (let n = 1; n <= 4; n++) {
    await pass(DEFAULT_LIMITS.clientSilenceMs - 1);
    answers[0]?.write(encodeEvent('{"t":"beat","at":0,"heads":{},"proofs":{}}'));
    await expect.poll(() => heard).toHaveLength(2 + n);
  }
  expect([closes, answers.length]).toEqual([[], 1]);
});

test('a poll whose answer stops in the middle is cut, however well pings are answered', async () => {
  const { pass, closes, answers } = await rig('long-poll');
  await expect.poll(() => answers).toHaveLength(2);
  // More than an answer may take, and a silence after it.
  for (let n = 0; n < 5; n++) await pass(DEFAULT_LIMITS.clientSilenceMs);
  expect(closes).toEqual([1006]);
});

/** A server that does as it is told with each request, and counts what reached it. */
async function server(
  onAsk: (asked: IncomingMessage, answer: ServerResponse, text: string) => void,
): Promise<{ readonly target: RelayTarget; readonly sockets: Set<Socket>; connections: number }> {
  const http = createServer(
    (asked, answer) => void body(asked).then((text) => onAsk(asked, answer, text)),
  );
  const self = {
    target: { address: '', fingerprint: null, isPlain: true },
    sockets: new Set<Socket>(),
    connections: 0,
  };
  http.on('connection', (socket) => {
    self.connections++;
    self.sockets.add(socket);
    socket.on('close', () => self.sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    http.close();
    http.closeAllConnections();
  });
  self.target.address = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return self;
}
const lines = (answer: ServerResponse, text = ''): unknown =>
  answer.writeHead(200, { 'content-type': LINES_TYPE }).end(text);
const DEAF: SocketEvents = {
  onText: () => undefined,
  onPong: () => undefined,
  onClose: () => undefined,
};
const POST = encodeUp({
  t: 'post',
  op: '01980000-0000-7000-8000-000000000001' as MessageId,
  channel: '01980000-0000-7000-8000-000000000002' as ChannelId,
  text: 'x',
});

describe('the connections of a line', () => {
  const open = async (
    target: RelayTarget,
    events = DEAF,
    clock = createFakeClock(0),
  ): Promise<RelaySocket> => {
    const dialed = await createRelayNet({ clock }).dial(target, 'token', events, 'poll');
    if (!dialed.ok) throw new Error(dialed.error.kind);
    ends.push(() => dialed.value.terminate());
    return dialed.value;
  };

  test('serve one request after another, and end with it', async () => {
    const relay = await server((_asked, answer) => lines(answer, '{"t":"ack"}\n'));
    const heard: string[] = [];
    const socket = await open(relay.target, { ...DEAF, onText: (text) => void heard.push(text) });
    for (let n = 1; n <= 20; n++) {
      socket.send(POST);
      await expect.poll(() => heard).toHaveLength(n);
    }
    expect(relay.connections).toBe(1);
    socket.terminate();
    await expect.poll(() => relay.sockets.size).toBe(0);
  });

  test('are replaced when the relay ends one at the moment in which it is used again, and what was said is said again', async () => {
    const said: string[] = [];
    const fresh = new WeakSet<Socket>();
    const relay = await server((asked, answer, text) => {
      if (text !== '') said.push(text);
      if (text !== '' && fresh.has(asked.socket)) return asked.socket.destroy();
      fresh.add(asked.socket);
      return lines(answer, text === '' ? '' : '{"t":"ack"}\n');
    });
    const heard: string[] = [];
    const socket = await open(relay.target, { ...DEAF, onText: (text) => void heard.push(text) });
    socket.send(POST);
    await expect.poll(() => heard).toHaveLength(1);
    expect([said.length, relay.connections]).toEqual([2, 2]);
  });

  test('that are cut while new are a cut line', async () => {
    const relay = await server((asked, answer, text) => {
      if (text !== '') return asked.socket.destroy();
      // Not kept: the next request has to make a connection.
      answer.setHeader('connection', 'close');
      return lines(answer);
    });
    const closes: number[] = [];
    const socket = await open(relay.target, { ...DEAF, onClose: (code) => void closes.push(code) });
    socket.send(POST);
    await expect.poll(() => closes).toEqual([1006]);
    expect(relay.connections).toBe(2);
  });
});

describe('what somebody else answers in the place of a relay', () => {
  const PAGE = '<html>Please pay first</html>';
  const REFUSAL = JSON.stringify({ refusal: refuse('session-ended') });
  const dial = (target: RelayTarget, door: Door, events = DEAF) =>
    createRelayNet({ clock: createFakeClock(0) }).dial(target, 'token', events, door);

  test.each([200, 302, 401, 403, 404, 503])(
    'with %i is no door of a relay, and none of its refusals',
    async (status) => {
      const portal = await server((_asked, answer) =>
        answer.writeHead(status, { 'content-type': 'text/html' }).end(PAGE),
      );
      const fault = { kind: 'answered-for', status, retryAfterMs: null };
      expect(await dial(portal.target, 'stream')).toEqual({ ok: false, error: fault });
      await expect.poll(() => portal.sockets.size).toBe(0);
    },
  );

  test('is told apart from what a relay refuses', async () => {
    const relay = await server((_asked, answer) =>
      answer.writeHead(401, { 'content-type': 'application/json' }).end(REFUSAL),
    );
    expect(await dial(relay.target, 'stream')).toEqual({
      ok: false,
      error: { kind: 'refused', status: 401, retryAfterMs: null },
    });
  });

  test.each([
    ['stream', 401, PAGE, 1006],
    ['stream', 401, REFUSAL, CLOSE.tokenExpired],
    ['stream', 200, PAGE, 1006],
    ['long-poll', 401, PAGE, 1006],
    ['long-poll', 401, REFUSAL, CLOSE.tokenExpired],
    ['long-poll', 200, PAGE, 1006],
    ['long-poll', 200, 'no frame', 1006],
    ['long-poll', 200, '', 1006],
    ['stream', 200, 'data: no frame\n\n', 1006],
  ] as const)('in the middle of a line cuts it: %s, %i, %s', async (door, status, text, code) => {
    const relay = await server((asked, answer) => {
      if (asked.url === FRAMES_PATH) return lines(answer);
      const isFrame = !text.startsWith('<');
      const ofFrames = door === 'stream' ? STREAM_TYPE : LINES_TYPE;
      return answer
        .writeHead(status, { 'content-type': isFrame && status === 200 ? ofFrames : 'text/html' })
        .end(text);
    });
    const closes: number[] = [];
    const dialed = await dial(relay.target, door, {
      ...DEAF,
      onClose: (one) => void closes.push(one),
    });
    if (!dialed.ok) throw new Error(dialed.error.kind);
    ends.push(() => dialed.value.terminate());
    dialed.value.send(HELLO);
    await expect.poll(() => closes).toEqual([code]);
  });
});
