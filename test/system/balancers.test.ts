/**
 * Relays behind the two balancers, each with the configuration that is kept for it: a desktop comes through and pins the balancer's key,
 * nobody lies about where they come from, a relay that goes takes nobody along, nothing is sent twice, and nothing waits in a buffer.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import { createSystemClock, createSystemRandom } from '../../electron/host/system-clock.ts';
import { FRAMES_PATH, LINES_TYPE } from '../../protocol/doors.ts';
import { isRefusal } from '../../protocol/http.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls } from '../../server/lan/tls.ts';
import { createLog } from '../../server/observe/log.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import {
  createGround,
  isLive,
  PASSWORD,
  type Ground,
  type RealDesktop,
} from '../kit/real-desktop.ts';
import { freePort } from '../kit/free-port.ts';
import { answerTo, get, statusesIn } from '../kit/raw-http.ts';
import type { Balancer, BalancerParts } from '../kit/services/balancer.ts';
import { HAPROXY, HAPROXY_CONFIG, startHaproxy } from '../kit/services/haproxy.ts';
import { NGINX, NGINX_CONFIG, startNginx } from '../kit/services/nginx.ts';
import { handshake } from '../kit/socket-kit.ts';

const BALANCERS = [
  {
    name: 'Nginx',
    program: NGINX,
    config: NGINX_CONFIG,
    start: startNginx,
    idle: /proxy_(?:read|send)_timeout (\d+)s;/g,
    hurriesGreetings: true,
  },
  {
    name: 'HAProxy',
    program: HAPROXY,
    config: HAPROXY_CONFIG,
    start: startHaproxy,
    idle: /timeout (?:server|tunnel) (\d+)s/g,
    hurriesGreetings: false,
  },
] as const;
/** The rest of headers has to come within ten seconds; what is looked at after fifteen has outlived that. */
const OWED_MS = 20_000;
const LATE_MS = 15_000;
const BEAT_MS = DEFAULT_LIMITS.pingEveryMs * 1.2;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

describe.each(BALANCERS)('behind $name', ({ program, config, start, idle, hurriesGreetings }) => {
  test('a line may be idle for two beats and more', () => {
    const waits = [...readFileSync(config, 'utf8').matchAll(idle)].map(
      ([, seconds]) => Number(seconds) * 1_000,
    );
    expect(waits.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...waits)).toBeGreaterThan(2 * BEAT_MS);
  });

  describe.skipIf(program === undefined)('for real', () => {
    let folder: string;
    let balancerPort: number;
    let certificate: string;
    let fingerprint: string;
    let log: string[];
    let ends: (() => Promise<unknown>)[];
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'landline-balanced-'));
      ends = [async () => rmSync(folder, { recursive: true, force: true })];
      log = [];
      balancerPort = await freePort();
      certificate = join(folder, CERTIFICATE_FILE);
      ({ fingerprint } = loadTls({
        folder,
        hosts: ['localhost'],
        clock: createSystemClock(),
        random: createSystemRandom(),
      }));
    });
    afterEach(async () => {
      for (const end of ends.reverse()) await end();
    });

    const relay = async (
      name: string,
      port?: number,
      limits: Partial<Limits> = {},
    ): Promise<Relay> => {
      const started = await startRelay(
        {
          data: join(folder, name),
          port: port ?? (await freePort()),
          tls: 'off',
          node: name,
          proxyCertificate: certificate,
          trustedProxies: ['127.0.0.1'],
          advertise: [`127.0.0.1:${balancerPort}`, 'chat.example:443'],
          limits,
        },
        {
          log: createLog({
            level: 'info',
            node: name,
            destination: { write: (line) => void log.push(line) },
          }),
        },
      );
      ends.push(() => started.close());
      return started;
    };
    /** Something that is no relay but stands where one would; it is well. */
    const standIn = async (answer: RequestListener): Promise<number> => {
      const server = createServer((asked, response) =>
        asked.url === '/readyz' ? response.end('{}') : answer(asked, response),
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      ends.push(async () => (server.closeAllConnections(), server.close()));
      return (server.address() as AddressInfo).port;
    };
    const balance = async (...relays: number[]): Promise<Balancer> => {
      const parts: BalancerParts = {
        port: balancerPort,
        relays,
        certificate,
        key: join(folder, KEY_FILE),
      };
      const balancer = await start(parts);
      ends.push(() => balancer.dispose());
      return balancer;
    };
    const ask = async (
      path: string,
      more: RequestOptions = {},
      body = '',
    ): Promise<IncomingMessage> => {
      const asking = request({
        host: '127.0.0.1',
        port: balancerPort,
        path,
        agent: false,
        rejectUnauthorized: false,
        ...more,
      });
      asking.end(body);
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      return response;
    };
    const answer = async (path: string, more: RequestOptions = {}, body = ''): Promise<Answer> => {
      const response = await ask(path, more, body);
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
      return { status: response.statusCode ?? 0, headers: response.headers, text };
    };

    /** Founds the team through the balancer. */
    const founder = async (
      one: Relay,
    ): Promise<{
      readonly ground: Ground;
      readonly ada: RealDesktop;
      readonly address: string;
    }> => {
      const ground = createGround();
      ends.push(() => ground.dispose());
      const ada = await ground.desktop();
      const typed = `landline://setup?relay=127.0.0.1:${balancerPort}&code=${one.setupCode}&key=${fingerprint}`;
      const { address, invite } = await ada.now.call('relay.probe', { typed });
      const account = { name: 'Ada', handle: 'ada', password: PASSWORD, device: 'Desk' };
      await ada.now.call('team.setup', {
        address,
        fingerprint,
        code: invite?.code ?? '',
        teamName: 'Night shift',
        ...account,
      });
      await ada.now.until('Ada is live', () => isLive(ada));
      return { ground, ada, address };
    };

    test('a desktop founds its team, invites, writes and is answered, and knows the balancer by its key alone', async () => {
      const one = await relay('one');
      await balance(one.port);
      expect(one.fingerprint).toBe(fingerprint);
      const { ground, ada, address } = await founder(one);
      // By an invite that the relay made: it names the balancer's address and key.
      const ben = await ground.guest(ada, 'Ben');
      const { team } = ada.now.team;
      const channel = ada.now.channel('general').id;
      await ada.now.call('message.send', { team: team.id, channel, text: 'through the balancer' });
      await ben.now.until('Ben has heard', () => ben.now.channel('general').unread > 0);
      expect(one.core.stats.members).toBe(2);

      const net = createRelayNet({ clock: createSystemClock() });
      const wrong = { address, fingerprint: 'ab'.repeat(32) };
      expect(await net.request(wrong, { method: 'GET', path: '/v1/relay' })).toEqual({
        ok: false,
        error: { kind: 'key-mismatch', expected: wrong.fingerprint, seen: fingerprint },
      });
    });

    test('a relay that is restarted in good order gets its members back, with what they wrote meanwhile', async () => {
      const before = await relay('one');
      await balance(before.port);
      const { ada } = await founder(before);
      await before.drain();
      expect(before.core.stats.connections).toBe(0);
      await before.close();
      const channel = ada.now.channel('general').id;
      await ada.now.call('message.send', {
        team: ada.now.team.team.id,
        channel,
        text: 'while nobody was there',
      });
      const after = await relay('one', before.port);
      await ada.now.until('Ada is live again', () => isLive(ada));
      await expect.poll(() => after.core.counts.posts).toBe(1);
    });

    test('the relay sees where a client comes from, whatever the client says about it', async () => {
      const one = await relay('one');
      await balance(one.port);
      const lies = {
        'x-forwarded-for': ['203.0.113.9', '198.51.100.7'],
        forwarded: 'for=203.0.113.9',
        'x-real-ip': '203.0.113.9',
      };
      expect(
        (await answer('/v1/nothing', { localAddress: '127.0.0.2', headers: lies })).status,
      ).toBe(404);
      const told = log.map(
        (line) => JSON.parse(line) as { readonly event: string; readonly address?: string },
      );
      expect(told.filter(({ event }) => event === 'http').map(({ address }) => address)).toEqual([
        '127.0.0.2',
      ]);
    });

    test('the relay is called by the names it advertises, and by no other', async () => {
      const one = await relay('one');
      await balance(one.port);
      const called = async (host: string): Promise<number> =>
        (await answer('/v1/relay', { headers: { host } })).status;
      expect([await called('chat.example'), await called('chat.example:443')]).toEqual([200, 200]);
      expect(await called('evil.example')).toBe(421);
      // The health check of HAProxy names no host that is one.
      expect(await called('127.0.0.1')).toBe(200);
    });

    const overTls = async (): Promise<Socket> => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: balancerPort,
        rejectUnauthorized: false,
      });
      ends.push(async () => socket.destroy());
      await once(socket, 'secureConnect');
      return socket;
    };

    const seen = (): number => log.filter((line) => line.includes('"event":"http"')).length;

    test('a request inside another one is none, whatever its length is said to be', async () => {
      const one = await relay('one');
      await balance(one.port);
      const ask = async (lengths: string, body = ''): Promise<readonly string[]> => {
        const outer = `POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${lengths}\r\n\r\n${body}`;
        return statusesIn(
          await answerTo(await overTls(), outer + get('/v1/relay', 'Connection: close')),
        );
      };
      // Two that are honest are two.
      expect(await ask('Content-Length: 2', '{}')).toEqual(['404', '200']);
      for (const lengths of [
        'Content-Length: 6\r\nTransfer-Encoding: chunked',
        'Transfer-Encoding: chunked\r\nContent-Length: 6',
        'Content-Length: 0\r\nContent-Length: 5',
        'Content-Length: 0\r\nTransfer-Encoding : chunked',
        'Content-Length: 0\r\nTransfer-Encoding: \x0bchunked',
        'Content-Length: 0\r\nTransfer-Encoding: xchunked',
        'Content-Length: 0\r\nTransfer-Encoding:\r\n chunked',
      ]) {
        log.length = 0;
        const answers = await ask(lengths, '0\r\n\r\n');
        expect([lengths, answers.length, answers.includes('200')]).toEqual([lengths, 1, false]);
        expect(seen()).toBeLessThanOrEqual(1);
      }
    });

    test('headers of any size are answered, and those who come after as well', async () => {
      const one = await relay('one');
      await balance(one.port);
      for (const bytes of [17_000, 70_000, 1_000_000]) {
        const answered = statusesIn(
          await answerTo(await overTls(), get('/v1/relay', `X-Filler: ${'x'.repeat(bytes)}`)),
        );
        // Whoever sends on after the answer may not get it any more.
        expect(['400', '']).toContain(answered.join());
      }
      expect((await answer('/v1/relay')).status).toBe(200);
    });

    test(
      'who owes the rest of a request is hung up on in time',
      async () => {
        const one = await relay('one');
        await balance(one.port);
        const from = performance.now();
        const slow = await overTls();
        const dripping = setInterval(() => slow.write('x'), 1_000);
        ends.push(async () => clearInterval(dripping));
        const unencrypted = connect(balancerPort, '127.0.0.1');
        ends.push(async () => unencrypted.destroy());
        await Promise.all([
          answerTo(slow, get('/v1/relay').replace(/\r\n\r\n$/, '\r\nX-Filler: ')),
          answerTo(await overTls(), ''),
          // HAProxy gives a greeting as much time as an idle connection.
          ...(hurriesGreetings ? [answerTo(unencrypted, '')] : []),
        ]);
        expect(performance.now() - from).toBeLessThan(OWED_MS);
      },
      2 * OWED_MS,
    );

    test(
      'who waits for an answer, or comes again over the same connection, is not',
      async () => {
        const { promise: isLate, resolve: go } = Promise.withResolvers<void>();
        const timer = setTimeout(go, LATE_MS);
        ends.push(async () => clearTimeout(timer));
        const port = await standIn((asked, response) => {
          if (asked.url === '/v1/quick') return void response.end('quick');
          if (asked.url === '/v1/stream') response.write('one');
          void isLate.then(() => response.end('late'));
        });
        await balance(port);
        const again = await overTls();
        void isLate.then(() => again.write(get('/v1/quick', 'Connection: close')));
        const [stream, poll, kept] = await Promise.all([
          answerTo(await overTls(), get('/v1/stream', 'Connection: close')),
          answerTo(await overTls(), get('/v1/poll', 'Connection: close')),
          answerTo(again, get('/v1/quick')),
        ]);
        expect([stream, poll].map((said) => said.includes('late'))).toEqual([true, true]);
        expect(statusesIn(kept)).toEqual(['200', '200']);
      },
      2 * OWED_MS,
    );

    /** The answer to an upgrade whose token is no good: what was asked for is refused by whichever relay looked at it. */
    const knock = (): Promise<Answer> => {
      const lines = handshake(balancerPort, { Authorization: 'Bearer nonsense' })
        .split('\r\n')
        .slice(1);
      const headers = lines.flatMap((line) =>
        line === ''
          ? []
          : [[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]],
      );
      return answer('/v1/ws', { headers: Object.fromEntries(headers) as Record<string, string> });
    };

    test('a refused upgrade comes back as the relay said it', async () => {
      const one = await relay('one');
      await balance(one.port);
      const refused = await knock();
      expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      await one.drain();
      const away = await knock();
      expect(away.status).toBe(503);
      // By their bodies a desktop knows whose they are.
      expect([isRefusal(refused.text), isRefusal(away.text)]).toEqual([true, true]);
    });

    test('a request at the doors may be as large as a relay takes', async () => {
      const one = await relay('one');
      await balance(one.port);
      const body = 'x'.repeat(DEFAULT_LIMITS.doorBodyBytes);
      const refused = await answer(
        FRAMES_PATH,
        { method: 'POST', headers: { 'content-type': LINES_TYPE } },
        body,
      );
      expect([refused.status, isRefusal(refused.text)]).toEqual([401, true]);
    });

    test('an upgrade that a relay refuses because it goes down is taken to the other at once', async () => {
      let refused = 0;
      // Its health is what it was a moment ago.
      const goesDown = await standIn((_asked, response) => {
        refused++;
        response.writeHead(503, { 'retry-after': '2' }).end();
      });
      const stays = await relay('stays');
      await balance(goesDown, stays.port);
      const statuses: number[] = [];
      for (let n = 0; n < 10; n++) statuses.push((await knock()).status);
      expect(statuses).toEqual(statuses.map(() => 401));
      expect([...stays.core.counts.upgradesRefused]).toEqual([[401, 10]]);
      expect(refused).toBeGreaterThan(0);
    });

    test('relays that take nobody in say when to come back, and are left alone by no balancer for it', async () => {
      const full = { acceptsPerSecond: 0.001, acceptsBurst: 0 };
      const relays = [await relay('one', undefined, full), await relay('two', undefined, full)];
      await balance(...relays.map(({ port }) => port));
      for (let n = 0; n < 5; n++) {
        const away = await knock();
        expect([
          away.status,
          Number(away.headers['retry-after']) > 0,
          isRefusal(away.text),
        ]).toEqual([429, true, true]);
        // Of those who are inside nobody notices.
        expect((await answer('/v1/relay')).status).toBe(200);
      }
    });

    test('when a relay is gone every request is answered by the other', async () => {
      const [one, two] = [await relay('one'), await relay('two')];
      await balance(one.port, two.port);
      await one.close();
      const answers = await Promise.all(Array.from({ length: 20 }, () => answer('/v1/relay')));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    });

    test('a request that a relay has heard is never sent again', async () => {
      let heard = 0;
      const hangUp: RequestListener = ({ socket }) => {
        heard++;
        socket.destroy();
      };
      await balance(await standIn(hangUp), await standIn(hangUp));
      const { status } = await answer('/v1/sign-in', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      expect(status).toBe(502);
      expect(heard).toBe(1);
    });

    test('an event goes out when it is said, and not when the answer ends', async () => {
      let end = (): void => undefined;
      const port = await standIn((_asked, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: one\n\n');
        end = () => void response.end();
      });
      await balance(port);
      const response = await ask('/v1/events');
      const [first] = (await once(response, 'data')) as [Buffer];
      expect(first.toString()).toBe('data: one\n\n');
      expect(response.complete).toBe(false);
      end();
    });

    test.runIf(program === HAPROXY)(
      'a relay that goes down gets nothing new as soon as it says so',
      async () => {
        const goes = await relay('goes');
        const stays = await relay('stays');
        await balance(goes.port, stays.port);
        await goes.drain();
        // `/readyz` through the balancer is answered by whichever relay has its turn.
        await expect
          .poll(async () =>
            (await Promise.all(Array.from({ length: 20 }, () => answer('/readyz')))).map(
              ({ status }) => status,
            ),
          )
          .toEqual(Array.from({ length: 20 }, () => 200));
        expect((await fetch(`http://127.0.0.1:${goes.port}/readyz`)).status).toBe(503);
      },
    );
  });
});
