/**
 * A relay without TLS and its figures, called by names that are not theirs, as a page would do by
 * DNS rebinding.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRelay, type Relay, type RelaySettings } from './relay.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

const folders: string[] = [];
const start = (more: Partial<RelaySettings>): Promise<Relay> => {
  const data = mkdtempSync(join(tmpdir(), 'landline-names-'));
  folders.push(data);
  return startRelay({ data, ...more });
};
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function ask(port: number, host: string, options: RequestOptions = {}): Promise<Answer> {
  const request = options.protocol === 'https:' ? requestTls : requestPlain;
  const { headers, ...more } = options;
  const asked = request({
    host: '127.0.0.1',
    port,
    agent: false,
    ...more,
    headers: { ...headers, host },
  });
  asked.end(more.method === 'POST' ? '{}' : undefined);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer.setEncoding('utf8')) body += chunk as string;
  return { status: answer.statusCode ?? 0, body };
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** All that a relay answers to, and what it says to a name that it knows. */
const REQUESTS: readonly (readonly [path: string, options: RequestOptions, known: number])[] = [
  ['/v1/relay', {}, 200],
  ['/v1/sign-in', { method: 'POST', headers: JSON_TYPE }, 400],
  ['/v1/join', { method: 'POST', headers: JSON_TYPE }, 400],
  ['/v1/setup', { method: 'POST', headers: JSON_TYPE }, 400],
  ['/v1/refresh', { method: 'POST', headers: JSON_TYPE }, 400],
  ['/v1/frames', { method: 'POST', headers: JSON_TYPE }, 401],
  ['/v1/events', { method: 'POST', headers: JSON_TYPE }, 401],
  ['/v1/ws', { headers: { connection: 'Upgrade', upgrade: 'websocket' } }, 426],
  ['/nothing', {}, 404],
];

describe('a relay without TLS', () => {
  let relay: Relay;
  beforeAll(async () => {
    relay = await start({
      tls: 'off',
      advertise: ['chat.example:443'],
      allowHost: ['relay.internal'],
      metrics: { host: '127.0.0.1', port: 0 },
    });
  });
  afterAll(() => relay.close());

  test.each(REQUESTS)('answers %s to its own names, and no other', async (path, options, known) => {
    for (const host of ['chat.example', 'relay.internal:7420', 'localhost', '10.0.0.5', '[::1]:1'])
      expect([host, (await ask(relay.port, host, { path, ...options })).status]).toEqual([
        host,
        known,
      ]);
    const { status, body } = await ask(relay.port, 'evil.example:7420', { path, ...options });
    expect(status).toBe(421);
    expect(JSON.parse(body)).toEqual({ refusal: { kind: 'unknown-host', retryable: false } });
  });

  test.each(['/healthz', '/readyz'])('tells %s to whatever name a balancer gives', async (path) =>
    expect((await ask(relay.port, 'one-of-three', { path })).status).toBe(200),
  );

  test('gives its figures to the same names', async () => {
    const port = relay.metricsPort!;
    for (const host of ['127.0.0.1:9464', 'relay.internal:9464', 'localhost'])
      expect((await ask(port, host, { path: '/metrics' })).status).toBe(200);
    expect(await ask(port, 'evil.example', { path: '/metrics' })).toEqual({
      status: 421,
      body: '',
    });
  });
});

test('a relay with TLS goes by its certificate, and its figures still by names', async () => {
  const relay = await start({ metrics: { host: '127.0.0.1', port: 0 } });
  const over = { protocol: 'https:', rejectUnauthorized: false, path: '/v1/relay' };
  expect((await ask(relay.port, 'evil.example', over)).status).toBe(200);
  expect((await ask(relay.metricsPort!, 'evil.example', { path: '/metrics' })).status).toBe(421);
  await relay.close();
});
