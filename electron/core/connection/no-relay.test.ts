/** What answers in the place of a relay, over real sockets on this computer: told apart from silence, from a relay, and from each other. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { answering, listener } from '../../../test/kit/far-end.ts';
import { useServers } from '../../../test/kit/use-servers.ts';
import { refuse } from '../../../protocol/errors.ts';
import { systemClock } from '../../../server/adapters/system-clock.ts';
import type { Handshake } from '../../bridge/line.ts';
import type { RelayTarget } from '../ports.ts';
import { createRelayNet } from './relay-socket.ts';

const net = createRelayNet({ clock: systemClock });
const servers = useServers();

describe('what is no relay', () => {
  const plain = (port: number): RelayTarget => ({
    address: `127.0.0.1:${port}`,
    fingerprint: null,
    isPlain: true,
  });
  const page = (status: string, more = ''): string =>
    `HTTP/1.1 ${status}\r\n${more}content-type: text/html\r\ncontent-length: 6\r\n\r\n<html>`;

  test.each([
    ['a page', page('200 OK')],
    ['a redirect, which is not followed', page('302 Found', 'location: http://127.0.0.1:1/\r\n')],
    ['a missing page', page('404 Not Found')],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    [
      'an upgrade with a wrong accept key',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n',
    ],
  ])('%s is told apart from silence', async (_what, bytes) => {
    expect(await net.dial(plain(await answering(servers, bytes)), 'token', listener())).toEqual({
      ok: false,
      error: { kind: 'not-a-relay' },
    });
  });

  test('a page in answer to a question as well', async () => {
    expect(
      await net.request(plain(await answering(servers, page('200 OK'))), {
        method: 'GET',
        path: '/v1/relay',
      }),
    ).toEqual({
      ok: false,
      error: { kind: 'not-a-relay' },
    });
  });

  test('something that does not speak TLS', async () => {
    const port = await answering(servers, 'HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(
      await net.dial(
        { address: `127.0.0.1:${port}`, fingerprint: 'ab'.repeat(32) },
        'token',
        listener(),
      ),
    ).toEqual({
      ok: false,
      error: { kind: 'not-a-relay' },
    });
    expect(await net.peek(`127.0.0.1:${port}`)).toEqual({
      ok: false,
      error: { kind: 'not-a-relay' },
    });
  });

  const refusals = [
    ['401 Unauthorized', '', 401, null],
    ['503 Service Unavailable', 'retry-after: 7\r\n', 503, 7_000],
    ['429 Too Many Requests', 'retry-after: soon\r\n', 429, null],
    ['503 Come Back', 'retry-after: 86400\r\n', 503, 3_600_000],
  ] as const;

  test.each(refusals)(
    'an upgrade refused with %s by a relay says so, and when to come back',
    async (status, header, code, retryAfterMs) => {
      const body = JSON.stringify({ refusal: refuse('unavailable') });
      const port = await answering(
        servers,
        `HTTP/1.1 ${status}\r\n${header}content-length: ${body.length}\r\n\r\n${body}`,
      );
      expect(await net.dial(plain(port), 'token', listener())).toEqual({
        ok: false,
        error: { kind: 'refused', status: code, retryAfterMs },
      });
    },
  );

  test.each(refusals)(
    'an upgrade answered with %s by anything else is not the relay’s refusal',
    async (status, header, code, retryAfterMs) => {
      expect(
        await net.dial(plain(await answering(servers, page(status, header))), 'token', listener()),
      ).toEqual({
        ok: false,
        error: { kind: 'answered-for', status: code, retryAfterMs },
      });
    },
  );

  test('an upgrade refused without end or with a book is not waited for', async () => {
    const clock = createFakeClock(0);
    const still = createRelayNet({ clock });
    for (const body of ['', 'x'.repeat(5_000)]) {
      const open = await servers.listen(
        createTcpServer((socket) => {
          socket.on('error', () => undefined);
          socket.once('data', () =>
            socket.write(`HTTP/1.1 502 Bad Gateway\r\ncontent-length: 100000\r\n\r\n${body}`),
          );
        }),
      );
      const seen = Promise.withResolvers<Handshake>();
      let isOver = false;
      const dialed = still
        .dial(plain(open), 'token', { ...listener(), onHandshake: seen.resolve })
        .finally(() => (isOver = true));
      await seen.promise;
      await expect
        .poll(() => {
          clock.advance(2_000);
          return isOver;
        })
        .toBe(true);
      expect(await dialed).toEqual({
        ok: false,
        error: { kind: 'answered-for', status: 502, retryAfterMs: null },
      });
    }
  });

  /** A relay behind something that treats upgrades in a way of its own. */
  const relayBehind = async (
    onUpgrade: (socket: Duplex) => void,
  ): Promise<{ readonly target: RelayTarget; readonly asked: string[] }> => {
    const asked: string[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(request.url ?? '');
      const isRelay = request.url === '/v1/relay';
      response.writeHead(isRelay ? 200 : 404, { 'content-type': 'application/json' });
      response.end(
        isRelay ? '{"product":"landline","versions":{"min":1,"max":1},"team":null}' : '{}',
      );
    });
    server.on('upgrade', (_request, socket: Duplex) => onUpgrade(socket));
    return { target: plain(await servers.listen(server)), asked };
  };

  test.each([200, 400, 401, 403, 404, 407, 426, 429, 502, 503])(
    'an upgrade answered with %i in the place of a relay that answers all else is told apart from both',
    async (status) => {
      const { target } = await relayBehind((socket) =>
        socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`),
      );
      expect(await net.dial(target, 'token', listener())).toEqual({
        ok: false,
        error: { kind: 'no-upgrade', status },
      });
    },
  );

  test('an upgrade that reaches the relay as a plain request, or is cut off, did not come through either', async () => {
    const body = JSON.stringify({ refusal: refuse('not-found') });
    const stripped = await relayBehind((socket) =>
      socket.end(`HTTP/1.1 404 No\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    );
    const cut = await relayBehind((socket) => socket.destroy());
    const fault = { ok: false, error: { kind: 'no-upgrade', status: null } };
    expect(await net.dial(stripped.target, 'token', listener())).toEqual(fault);
    expect(await net.dial(cut.target, 'token', listener())).toEqual(fault);
  });

  test('an attempt that was given up before the relay was reached sends no upgrade', async () => {
    let upgrades = 0;
    const { target, asked } = await relayBehind((socket) => {
      upgrades++;
      socket.destroy();
    });
    const giving = new AbortController();
    const dialed = net.dial(target, 'token', listener(), 'socket', giving.signal);
    giving.abort();
    expect(await dialed).toEqual({ ok: false, error: { kind: 'unreachable' } });
    // What would still come of it comes before the answer to this.
    await net.request(target, { method: 'GET', path: '/v1/relay' });
    expect([upgrades, asked]).toEqual([0, ['/v1/relay']]);
  });

  test('an upgrade that is swallowed can be given up, and nothing more is asked then', async () => {
    const sent = Promise.withResolvers<Duplex>();
    const { target, asked } = await relayBehind(sent.resolve);
    const giving = new AbortController();
    let reached = 0;
    const dialed = net.dial(
      target,
      'token',
      { ...listener(), onReached: () => void reached++ },
      'socket',
      giving.signal,
    );
    const socket = await sent.promise;
    const closed = new Promise((resolve) => socket.once('end', resolve).resume());
    giving.abort();
    expect(await dialed).toEqual({ ok: false, error: { kind: 'unreachable' } });
    await closed;
    expect([reached, asked]).toEqual([1, []]);
  });

  test('nobody there, or a name that means nothing, is unreachable', async () => {
    const port = await servers.listen(createTcpServer());
    servers.closeAll();
    const gone = { ok: false, error: { kind: 'unreachable' } };
    expect(await net.dial(plain(port), 'token', listener())).toEqual(gone);
    expect(
      await net.request(
        { address: 'not an address', fingerprint: null },
        { method: 'GET', path: '/' },
      ),
    ).toEqual(gone);
    expect(await net.peek('[::')).toEqual(gone);
  });

  test('a line that is closed in the middle of the handshake is unreachable', async () => {
    const port = await servers.listen(
      createTcpServer((socket) => socket.once('data', () => socket.destroy())),
    );
    expect(await net.dial(plain(port), 'token', listener())).toEqual({
      ok: false,
      error: { kind: 'unreachable' },
    });
  });
});
