/**
 * No request without a good token, code or password takes a turn of the store's writer: writes are
 * counted over all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENTS_PATH, FRAMES_PATH, LINES_TYPE } from '../../protocol/doors.ts';
import { HTTP, type SignedIn } from '../../protocol/http.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { answerTo } from '../kit/raw-http.ts';
import { handshake } from '../kit/socket-kit.ts';

const PASSWORD = 'nine lives of the office cat';
const FROM = { address: '127.0.0.1' };
const PERSON = { name: 'Ada', handle: 'ada', password: PASSWORD, device: 'desk' };

let relay: Relay;
let data: string;
let writes: number;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'landline-writes-'));
  relay = await startRelay({ data, tls: 'off' });
  const { store } = relay;
  const write = store.write.bind(store);
  Object.assign(store, {
    write: ((work) => (writes++, write(work))) satisfies typeof store.write,
  });
  writes = 0;
});
afterEach(async () => {
  await relay.close();
  rmSync(data, { recursive: true });
});

const found = async (): Promise<SignedIn> => {
  const ask = { ...PERSON, team: 'Night shift', code: relay.setupCode ?? '' };
  const done = await relay.auth.accounts.setup(ask, FROM);
  if (!done.ok) throw new Error(done.error.kind);
  return done.value;
};

interface Request {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: readonly string[];
  readonly type?: string;
}

const head = (start: string, lines: readonly string[]): string =>
  [start, 'Host: 127.0.0.1', 'Connection: close', ...lines, '', ''].join('\r\n');
async function send({
  path,
  body,
  headers = [],
  type = 'application/json',
}: Request): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
  const lines = [...headers, `Content-Type: ${type}`, `Content-Length: ${text.length}`];
  const bytes =
    body === undefined
      ? head(`GET ${path} HTTP/1.1`, headers)
      : head(`POST ${path} HTTP/1.1`, lines) + text;
  return (await answerTo(connect(relay.port, '127.0.0.1'), bytes)).slice(9, 12);
}

const CODE = '7KQ2M-7KQ2M-7KQ2M-7KQ2M-7KQ2M-0';
const person = { ...PERSON, handle: 'eve', name: 'Eve' };
const setup = { path: HTTP.setup, body: { ...person, team: 'Hers', code: CODE } };
/**
 * What a stranger can send to each path, and with which statuses it is answered. A path that is
 * added has to be listed.
 */
const perPath = (
  refresh: readonly string[],
  access: readonly string[],
): Readonly<Record<keyof typeof HTTP | 'frames' | 'events', readonly [Request, string][]>> => ({
  relay: [[{ path: HTTP.relay }, '200']],
  health: [[{ path: HTTP.health }, '200']],
  ready: [[{ path: HTTP.ready }, '200']],
  setup: [[setup, '409']],
  invite: [[{ path: HTTP.invite, body: { code: CODE } }, '401']],
  join: [[{ path: HTTP.join, body: { ...person, code: CODE } }, '401']],
  signIn: ['unknown', 'ada'].map((handle) => [
    { path: HTTP.signIn, body: { handle, password: 'made up by a stranger', device: 'x' } },
    '401',
  ]),
  refresh: refresh.map((token) => [{ path: HTTP.refresh, body: { refresh: token } }, '401']),
  signOut: refresh.map((token, n) => [
    { path: HTTP.signOut, body: { refresh: token } },
    // Signing out twice is no fault.
    n === 0 ? '200' : '401',
  ]),
  frames: ['', ...access].map((token) => [
    { path: FRAMES_PATH, body: '', type: LINES_TYPE, headers: [`Authorization: Bearer ${token}`] },
    '401',
  ]),
  events: ['', ...access].map((token) => [
    { path: EVENTS_PATH, body: {}, headers: [`Authorization: Bearer ${token}`] },
    '401',
  ]),
});

test('of a relay that has a team', async () => {
  const ada = await found();
  await relay.auth.sessions.end(ada.session, ada.member.id, 'signed-out');
  // Theirs once, but ended; of the right shape; of none.
  const refresh = [ada.tokens.refresh, `llr_${'A'.repeat(86)}`, 'nonsense'];
  const access = [ada.tokens.access, 'nonsense'];
  writes = 0;
  for (const requests of Object.values(perPath(refresh, access)))
    for (const [request, status] of requests)
      expect([request, await send(request), writes]).toEqual([request, status, 0]);
  for (const token of access) {
    const upgrade = handshake(relay.port, { Authorization: `Bearer ${token}` });
    const answer = await answerTo(connect(relay.port, '127.0.0.1'), upgrade);
    expect([answer.slice(9, 12), writes]).toEqual(['401', 0]);
  }
});

test('of a relay that waits for its setup code', async () => {
  const join = { path: HTTP.join, body: { ...person, code: CODE } };
  // The setup code itself is no invite.
  const misused = { path: HTTP.join, body: { ...person, code: relay.setupCode } };
  for (const request of [setup, join, misused])
    expect([await send(request), writes]).toEqual(['401', 0]);
});

test('and of a member none that names what is not there', async () => {
  const ada = await found();
  const who = { member: ada.member.id, session: ada.session, accessExpiresAt: Date.now() + 60_000 };
  writes = 0;
  const { gateway } = relay.auth;
  const missing = '01980000-0000-7000-8000-000000000000' as typeof ada.session;
  expect((await gateway.endInvite(who, missing)).ok).toBe(false);
  expect((await gateway.endSession(who, missing)).ok).toBe(false);
  expect((await gateway.refresh(who, `llr_${'A'.repeat(86)}`)).ok).toBe(false);
  expect(writes).toBe(0);
});

test('a good token still ends its session, once', async () => {
  const ada = await found();
  writes = 0;
  const signOut = { path: HTTP.signOut, body: { refresh: ada.tokens.refresh } };
  expect([await send(signOut), await send(signOut), writes]).toEqual(['200', '200', 1]);
  expect(await relay.auth.sessions.isStanding(ada.session, ada.member.id)).toBe(false);
});
