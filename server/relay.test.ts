/** The whole relay on this machine: its own key, the doors, a socket, going down and coming up again. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SignedIn } from '../protocol/http.ts';
import { CLOSE } from '../protocol/close-codes.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { SOCKET_PATH, SUBPROTOCOL } from '../protocol/version.ts';
import { CERTIFICATE_FILE, fingerprintOf } from './lan/tls.ts';
import { startRelay, type Relay } from './relay.ts';

let folder: string;
const relays: Relay[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-whole-'));
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.close();
  rmSync(folder, { recursive: true });
});

async function start(more: Partial<Parameters<typeof startRelay>[0]> = {}): Promise<Relay> {
  const relay = await startRelay({ data: join(folder, 'data'), ...more });
  relays.push(relay);
  return relay;
}

/** The certificate is the relay's own: who it is, is told by its key and not by a name. */
function post(
  relay: Relay,
  path: string,
  body: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: relay.port,
        path,
        method: 'POST',
        rejectUnauthorized: false,
        headers: { 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as unknown }),
        );
      },
    );
    asking.on('error', reject);
    asking.end(JSON.stringify(body));
  });
}

async function setUp(relay: Relay): Promise<SignedIn> {
  const person = {
    team: 'Night shift',
    name: 'Ada',
    handle: 'ada',
    password: 'nine lives of the office cat',
    device: 'desk',
  };
  const { status, body } = await post(relay, '/v1/setup', { code: relay.setupCode, ...person });
  expect(status).toBe(200);
  return body as SignedIn;
}

interface Line {
  readonly ws: WebSocket;
  readonly frames: Record<string, unknown>[];
  until(t: string): Promise<Record<string, unknown>>;
}
async function line(relay: Relay, signedIn: SignedIn): Promise<Line> {
  const ws = new WebSocket(`wss://127.0.0.1:${relay.port}${SOCKET_PATH}`, SUBPROTOCOL, {
    rejectUnauthorized: false,
    headers: { authorization: `Bearer ${signedIn.tokens.access}` },
  });
  const frames: Record<string, unknown>[] = [];
  ws.on('message', (data: Buffer) =>
    frames.push(JSON.parse(data.toString()) as Record<string, unknown>),
  );
  await once(ws, 'open');
  ws.send(
    JSON.stringify({
      t: 'hello',
      versions: { min: 1, max: 1 },
      epoch: null,
      positions: {},
      focus: null,
      presence: 'here',
    }),
  );
  return {
    ws,
    frames,
    async until(t) {
      for (;;) {
        const found = frames.find((frame) => frame['t'] === t);
        if (found) return found;
        await once(ws, 'message');
      }
    },
  };
}

test('shows the key whose fingerprint it tells, on TLS 1.2 or later', async () => {
  const relay = await start();
  const socket: TLSSocket = connect({
    port: relay.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const certificate = new X509Certificate(socket.getPeerCertificate().raw);
  expect(fingerprintOf(certificate.publicKey)).toBe(relay.fingerprint);
  socket.destroy();
  const old = connect({
    port: relay.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  });
  await once(old, 'error');
});

test('sets a team up, takes its owner in, and carries a message', async () => {
  const relay = await start();
  const signedIn = await setUp(relay);
  const { ws, frames, until } = await line(relay, signedIn);
  await until('caught-up');
  ws.send(
    JSON.stringify({
      t: 'post',
      op: '01980000-0000-7000-8000-000000000001',
      channel: signedIn.team.id,
      text: 'hello',
    }),
  );
  await until('ack');
  await until('events');
  expect(frames.find((frame) => frame['t'] === 'events')).toMatchObject({
    events: [{ kind: 'posted', text: 'hello' }],
  });
});

test('goes down by asking its clients to come back, and comes up as the same relay with everything it acknowledged', async () => {
  const relay = await start();
  const signedIn = await setUp(relay);
  const { ws, until } = await line(relay, signedIn);
  await until('caught-up');
  ws.send(
    JSON.stringify({
      t: 'post',
      op: '01980000-0000-7000-8000-000000000001',
      channel: signedIn.team.id,
      text: 'kept',
    }),
  );
  await until('ack');
  const closed = once(ws, 'close') as Promise<[number]>;
  const down = relay.drain().then(() => relay.close());
  await until('drain');
  expect([CLOSE.restart as number]).toContain((await closed)[0]);
  await down;

  const again = await start();
  expect([again.setupCode, again.fingerprint]).toEqual([null, relay.fingerprint]);
  const back = await line(again, signedIn);
  const page = await back.until('page');
  expect(JSON.stringify(page)).toContain('kept');
});

test('says so when its port or its store is in use, and lets go of what it had taken', async () => {
  const relay = await start();
  await expect(start()).rejects.toMatchObject({ kind: 'in-use' });
  const other = join(folder, 'other');
  await expect(startRelay({ data: other, port: relay.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  await start({ data: other });
});

test('forgets at its start the sessions that have been over for long', async () => {
  const relay = await start();
  const signedIn = await setUp(relay);
  const row = await relay.store.session(signedIn.session);
  if (!row) throw new Error('no session');
  const { refreshDays } = DEFAULT_LIMITS;
  await relay.store.write((tx) =>
    tx.putSession({ ...row, endedAt: Date.now() - (refreshDays + 1) * 86_400_000 }),
  );
  await relay.close();
  const again = await start();
  while (await again.store.session(signedIn.session))
    await new Promise((resolve) => setImmediate(resolve));
});

test('may leave TLS to a proxy in front', async () => {
  const relay = await start({ tls: 'off' });
  expect(relay.fingerprint).toBeNull();
  const answer = await fetch(`http://127.0.0.1:${relay.port}/v1/relay`);
  expect(await answer.json()).toEqual({
    product: 'landline',
    versions: { min: 1, max: 1 },
    team: null,
  });
});

test('behind a proxy that shows a key of its own, it names that key and not its own', async () => {
  const proxy = await start({ data: join(folder, 'another') });
  const proxyCertificate = join(folder, 'another', CERTIFICATE_FILE);
  const plain = await start({ tls: 'off', proxyCertificate });
  expect(plain.fingerprint).toBe(proxy.fingerprint);
  const encrypted = await start({ data: join(folder, 'third'), proxyCertificate });
  expect(encrypted.fingerprint).toBe(proxy.fingerprint);
  await expect(
    start({ data: join(folder, 'fourth'), proxyCertificate: join(folder, 'none.pem') }),
  ).rejects.toThrow(/none\.pem is not a certificate that can be read\. See --proxy-certificate\./);
});
