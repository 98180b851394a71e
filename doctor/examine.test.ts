/** The doctor over real sockets: servers that go wrong at exactly one step, and the finding that names it. */
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HELLO } from '../test/kit/door-client.ts';
import { createFakeClock, type FakeClock } from '../test/kit/fake-clock.ts';
import { createLineKit } from '../test/kit/line-kit.ts';
import { useServers } from '../test/kit/use-servers.ts';
import { refuse } from '../protocol/errors.ts';
import { fail, ok } from '../protocol/result.ts';
import { systemClock, systemRandom } from '../server/adapters/system-clock.ts';
import { loadTls, type RelayTls } from '../server/lan/tls.ts';
import { acceptOf } from './accept.ts';
import { examine } from './examine.ts';
import type { Finding } from './findings.ts';
import type { Place, Sockets } from './ports.ts';
import { systemSockets } from './sockets.ts';
import { STEP_MS } from './steps.ts';
import type { Subject } from './visit.ts';

const TEAM = 'team-1';
const servers = useServers();
const ends: (() => void)[] = [];
let folder = '';
let clock: FakeClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-doctor-line-'));
  clock = createFakeClock(Date.now());
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

const newKey = (): RelayTls =>
  loadTls({
    folder: mkdtempSync(join(folder, 'key-')),
    hosts: ['127.0.0.1'],
    clock: systemClock,
    random: systemRandom,
  });

/** What a server that is a relay, but for one thing, answers. */
interface Manners {
  readonly info?: { readonly status: number; readonly body: unknown };
  readonly date?: string;
  /** The answer to an upgrade, as it goes over the line. */
  readonly upgrade?: (key: string) => string;
  readonly onLine?: (socket: Socket) => void;
  /** Reads the request and says nothing. */
  readonly isMute?: boolean;
}

const info = (
  team: { readonly id: string; readonly name: string } | null,
  versions = { min: 1, max: 1 },
) => ({
  status: 200,
  body: { product: 'landline', versions, team },
});
const switching = (accept: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: landline.v1\r\n\r\n`;

interface Served {
  readonly subject: Subject;
  /** Each request with its token. */
  readonly heard: string[];
  readonly server: HttpsServer;
}

async function serve(manners: Manners = {}): Promise<Served> {
  const tls = newKey();
  const heard: string[] = [];
  const server = createHttpsServer(tls.options, (request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    if (manners.isMute === true) return;
    const { status, body } = manners.info ?? info({ id: TEAM, name: 'Night shift' });
    response.setHeader('date', manners.date ?? new Date(clock.now()).toUTCString());
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.on('upgrade', (request, socket) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    const key = request.headers['sec-websocket-key'] ?? '';
    const answer = (manners.upgrade ?? ((asked: string) => switching(acceptOf(asked))))(key);
    socket.on('error', () => undefined);
    if (answer.startsWith('HTTP/1.1 101')) {
      socket.write(answer);
      manners.onLine?.(socket as Socket);
    } else socket.end(answer);
  });
  const port = await servers.listen(server);
  const place: Place = {
    host: '127.0.0.1',
    port,
    trust: { kind: 'key', fingerprint: tls.fingerprint },
  };
  return {
    subject: {
      place,
      team: TEAM,
      access: async () => ok('the-token'),
      hello: null,
      withSilence: false,
    },
    heard,
    server,
  };
}

const at = (subject: Subject, change: Partial<Place>): Subject => ({
  ...subject,
  place: { ...subject.place, ...change },
});

async function findingsOf(
  subject: Subject,
  sockets: Sockets = systemSockets,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for await (const one of examine(subject, {
    sockets,
    clock,
    signal: new AbortController().signal,
  }))
    found.push(one);
  return found;
}
const says = (findings: readonly Finding[]): readonly string[] => findings.map((one) => one.says);

describe('a line that is well', () => {
  test('is found so, step by step, with the token said to the proved relay alone', async () => {
    const { subject, heard } = await serve();
    const findings = await findingsOf(subject);
    expect(says(findings)).toEqual([
      'port.open',
      'tls.pinned',
      'http.relay',
      'clock.right',
      'upgrade.switched',
      'token.accepted',
    ]);
    expect(findings.every(({ isWell }) => isWell)).toBe(true);
    expect(heard).toEqual(['GET /v1/relay', 'GET /v1/ws Bearer the-token']);
    expect(JSON.stringify(findings)).not.toContain('the-token');
  });

  test('needs no token to be examined as far as the relay asks for one', async () => {
    const kit = await createLineKit();
    ends.push(() => void kit.dispose());
    const place: Place = { host: 'localhost', port: kit.relay.port, trust: { kind: 'anyone' } };
    clock.setWall(Date.now());
    expect(
      says(await findingsOf({ place, team: null, access: null, hello: null, withSilence: false })),
    ).toEqual([
      'name.found',
      'port.open',
      'tls.shown',
      'http.relay',
      'clock.right',
      'upgrade.asked-token',
    ]);
  });

  test('of a real relay takes the real token', async () => {
    const kit = await createLineKit();
    ends.push(() => void kit.dispose());
    const { port, identity } = kit.relay;
    clock.setWall(Date.now());
    const place: Place = {
      host: '127.0.0.1',
      port,
      trust: { kind: 'key', fingerprint: identity.fingerprint ?? '' },
    };
    const subject = {
      place,
      team: kit.ada.team.id,
      access: async () => ok(kit.ada.tokens.access),
      hello: () => HELLO,
      withSilence: false,
    };
    expect(says(await findingsOf(subject)).slice(-3)).toEqual([
      'buffering.passed',
      'upgrade.switched',
      'token.accepted',
    ]);
  });
});

describe('the failing step is named', () => {
  const nameless = (code: string): Sockets => ({
    ...systemSockets,
    lookUp: async () => fail(code),
  });
  test.each([
    ['ENOTFOUND', 'name.unknown'],
    ['EAI_AGAIN', 'name.no-answer'],
  ])('a name that gives %s', async (code, expected) => {
    const { subject } = await serve();
    expect(says(await findingsOf(at(subject, { host: 'relay.example' }), nameless(code)))).toEqual([
      expected,
    ]);
  });

  test('a closed port', async () => {
    const { subject, server } = await serve();
    await new Promise((resolve) => server.close(resolve));
    const [found, ...more] = await findingsOf(subject);
    expect([found?.says, found?.facts['code'], more]).toEqual(['port.refused', 'ECONNREFUSED', []]);
  });

  test('another key, before anything was said to it', async () => {
    const { subject, heard } = await serve();
    const findings = await findingsOf(
      at(subject, { trust: { kind: 'key', fingerprint: 'ab'.repeat(32) } }),
    );
    expect(says(findings)).toEqual(['port.open', 'tls.other-key']);
    expect(findings[1]?.facts['expected']).toBe('ab'.repeat(32));
    expect(heard).toEqual([]);
  });

  test('a certificate that nobody vouches for', async () => {
    const { subject, heard } = await serve();
    expect(says(await findingsOf(at(subject, { trust: { kind: 'authority' } })))).toEqual([
      'port.open',
      'tls.not-trusted',
    ]);
    expect(heard).toEqual([]);
  });

  test('no TLS', async () => {
    const { subject } = await serve();
    const port = await servers.listen(
      createTcpServer((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      ),
    );
    expect(says(await findingsOf(at(subject, { port })))).toEqual(['port.open', 'tls.no-tls']);
  });

  test.each<readonly [string, Manners, string]>([
    ['not a relay', { info: { status: 200, body: '<html>Please sign in' } }, 'http.not-a-relay'],
    ['a page that is not there', { info: { status: 404, body: {} } }, 'http.not-a-relay'],
    [
      'a relay that does not know the name',
      { info: { status: 421, body: { refusal: refuse('unknown-host') } } },
      'http.unknown-host',
    ],
    [
      'another server that does not know the name',
      { info: { status: 421, body: '' } },
      'http.not-a-relay',
    ],
    [
      'a proxy without its relay',
      { info: { status: 502, body: 'Bad Gateway' } },
      'http.unavailable',
    ],
    ['another team', { info: info({ id: 'team-2', name: 'Day shift' }) }, 'http.other-team'],
    ['a relay made anew', { info: info(null) }, 'http.no-team'],
    [
      'a relay of another age',
      { info: info({ id: TEAM, name: 'Night shift' }, { min: 7, max: 9 }) },
      'http.version',
    ],
  ])('%s', async (_what, manners, expected) => {
    const { subject } = await serve(manners);
    expect(says(await findingsOf(subject))).toEqual(['port.open', 'tls.pinned', expected]);
  });

  test.each([
    [-3_600_000, 'clock.ahead', 3_600],
    [7_200_000, 'clock.behind', 7_200],
  ])('a clock that differs, and the way goes on (%i ms)', async (ms, expected, seconds) => {
    const { subject } = await serve({ date: new Date(clock.now() + ms).toUTCString() });
    const findings = await findingsOf(subject);
    expect(says(findings)).toEqual([
      'port.open',
      'tls.pinned',
      'http.relay',
      expected,
      'upgrade.switched',
      'token.accepted',
    ]);
    const off = Math.abs((findings[3]?.facts['seconds'] as number) - seconds);
    expect(off).toBeLessThanOrEqual(1);
  });

  const BEFORE = ['port.open', 'tls.pinned', 'http.relay', 'clock.right'];
  test.each<readonly [string, (key: string) => string, readonly string[]]>([
    [
      'an upgrade that is refused',
      () => 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
      ['upgrade.refused'],
    ],
    [
      'a proxy that wants its own password',
      () => 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      ['upgrade.refused'],
    ],
    [
      'an upgrade answered by who did not read it',
      () => switching(acceptOf('another key')),
      ['upgrade.wrong-accept'],
    ],
    ['an upgrade cut off', () => '', ['upgrade.cut']],
    [
      'a token that is refused',
      () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n',
      ['upgrade.asked-token', 'token.refused'],
    ],
  ])('%s', async (_what, upgrade, expected) => {
    const { subject } = await serve({ upgrade });
    expect(says(await findingsOf(subject))).toEqual([...BEFORE, ...expected]);
  });

  test.each([
    ['ended', 'token.ended'],
    ['unreachable', 'token.not-renewed'],
  ])('a session whose token is %s', async (kind, expected) => {
    const { subject } = await serve({
      upgrade: () => 'HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n',
    });
    const findings = await findingsOf({ ...subject, access: async () => fail({ kind }) });
    expect(says(findings)).toEqual([...BEFORE, 'upgrade.asked-token', expected]);
  });
});

describe('time', () => {
  test('a step that gets no answer ends with its limit', async () => {
    const { subject, heard } = await serve({ isMute: true });
    const findings = findingsOf(subject);
    await expect.poll(() => heard.length).toBe(1);
    clock.advance(STEP_MS);
    expect((await findings).at(-1)).toMatchObject({
      says: 'http.cut',
      facts: { code: 'ETIMEDOUT' },
    });
    expect(clock.pending).toBe(0);
  });

  test('who is told to stop stops, and leaves no timer', async () => {
    const { subject, heard } = await serve({ isMute: true });
    const wanted = new AbortController();
    const found: Finding[] = [];
    const done = (async () => {
      for await (const one of examine(subject, {
        sockets: systemSockets,
        clock,
        signal: wanted.signal,
      }))
        found.push(one);
    })();
    await expect.poll(() => heard.length).toBe(1);
    wanted.abort();
    await done;
    expect([says(found), clock.pending]).toEqual([['port.open', 'tls.pinned'], 0]);
  });
});
