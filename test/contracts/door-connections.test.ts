/** What a request at the doors costs beside its frames: the bytes that came. */
import { once } from 'node:events';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { EVENTS_PATH, FRAMES_PATH, LINES_TYPE } from '../../protocol/doors.ts';
import type { Limits } from '../../protocol/limits.ts';
import { HELLO } from '../kit/door-client.ts';
import { createLineKit, type LineKit } from '../kit/line-kit.ts';

let kit: LineKit;
const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await kit.dispose();
});

async function start(limits: Partial<Limits> = {}): Promise<void> {
  kit = await createLineKit(limits);
}

interface Answered {
  readonly status: number;
  readonly kept: string | undefined;
  readonly text: string;
  readonly socket: TLSSocket;
}

/** One request over a connection of `agent`, of one that is kept. */
async function ask(path: string, body: string | readonly string[], agent: Agent, more: RequestOptions['headers'] = {}): Promise<Answered> {
  const asking = request({
    host: '127.0.0.1',
    port: kit.relay.port,
    path,
    method: path === '/v1/relay' ? 'GET' : 'POST',
    rejectUnauthorized: false,
    agent,
    headers: { 'content-type': path === FRAMES_PATH ? LINES_TYPE : 'application/json', ...more },
  });
  // More than one piece and no length: in chunks.
  for (const piece of typeof body === 'string' ? [] : body) asking.write(piece);
  asking.end(typeof body === 'string' ? body : undefined);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const socket = answer.socket as TLSSocket;
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part as string;
  return { status: answer.statusCode ?? 0, kept: answer.headers['keep-alive']?.toString(), text, socket };
}
const bearer = (token = kit.ada.tokens.access): RequestOptions['headers'] => ({ authorization: `Bearer ${token}` });
const agentOf = (most = 1): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: most });
  ends.push(() => agent.destroy());
  return agent;
};
const poll = (more: object = {}): string => JSON.stringify({ hello: HELLO, isGoingOn: false, waitMs: 0, seenPresence: null, ...more });

describe('bytes that came', () => {
  test('count whether their length was announced or not', async () => {
    await start({ bytesInPerSecond: 4 * 1024 });
    const agent = agentOf();
    const padded = poll() + ' '.repeat(3_000);
    expect((await ask(EVENTS_PATH, [padded.slice(0, 100), padded.slice(100)], agent, bearer())).status).toBe(200);
    expect((await ask(EVENTS_PATH, [padded.slice(0, 100), padded.slice(100)], agent, bearer())).status).toBe(429);
  });

  test('count when they are no frames: empty lines, and bodies of another shape', async () => {
    for (const [path, body] of [
      [FRAMES_PATH, '\n'.repeat(3_000)],
      [FRAMES_PATH, `{"t":"zap"}\n${'\n'.repeat(3_000)}`],
      [EVENTS_PATH, JSON.stringify({ hello: 'x'.repeat(3_000) })],
    ] as const) {
      await start({ bytesInPerSecond: 4 * 1024 });
      const agent = agentOf();
      expect((await ask(path, body, agent, bearer())).status).not.toBe(429);
      expect((await ask(path, body, agent, bearer())).status).toBe(429);
      await kit.dispose();
    }
    await start();
  });
});
