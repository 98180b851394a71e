/** The page of the loopback host, over real sockets: to whom it is served, and who may give a link to a host that runs. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemRandom } from '../host/system-clock.ts';
import { listWindowFiles } from '../host/window-files.ts';
import { startPageServer, type PageServer } from './page-server.ts';
import { createTickets } from './tickets.ts';

const KEY = 'k'.repeat(32);

let folder = '';
let page: PageServer;
let links: (string | undefined)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landline-page-'));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><head><script type="module" src="./a.js"></script></head>',
  );
  writeFileSync(join(folder, 'a.js'), 'let a;');
  links = [];
  const tickets = createTickets(createSystemRandom());
  page = await startPageServer({
    files: listWindowFiles(folder)!,
    bridgeScript: '/* bridge */',
    icon: Buffer.from('icon'),
    again: {
      key: KEY,
      answer(link) {
        links.push(link);
        return { url: `http://${page.host}/#t=${tickets.issue()}` };
      },
    },
  });
});
afterEach(async () => {
  await page.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

const ask = (
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const [host, port] = page.host.split(':');
    const asked = request(
      { host, port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });

describe('the page', () => {
  test('is the built one with the bridge before its script, under the policy of the app', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(body).toBe(
      '<!doctype html><head><script src="/bridge.js"></script><script type="module" src="./a.js"></script></head>',
    );
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
        `connect-src ws://${page.host}; base-uri 'none'; form-action 'none'; frame-src 'none'; frame-ancestors 'none'; object-src 'none'; ` +
        "require-trusted-types-for 'script'; trusted-types landline-worker",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect((await ask('/bridge.js')).body).toBe('/* bridge */');
    expect((await ask('/a.js')).body).toBe('let a;');
  });

  test.each([
    '/../secret',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/x',
    '//etc/passwd',
    '/a.js/',
    '/nothing.js',
    '/host.lock',
    '/secrets.key',
  ])('has no %s', async (path) => expect((await ask(path)).status).toBe(404));

  test.each([
    'evil.example',
    'localhost',
    '127.0.0.1',
    '127.0.0.1:1',
    '0.0.0.0',
    '[::1]',
    'evil.example:80',
  ])('is not served to a request for host %j', async (host) => {
    expect(await ask('/', { headers: { host } })).toMatchObject({ status: 421, body: '' });
    expect(
      (await ask('/again', { method: 'POST', headers: { host, authorization: `Bearer ${KEY}` } }))
        .status,
    ).toBe(421);
  });

  test('a request that names two hosts is none', async () => {
    const [host, port] = page.host.split(':');
    const socket = connect(Number(port), host);
    socket.write(`GET / HTTP/1.1\r\nHost: ${page.host}\r\nHost: evil.example\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 421 /);
    socket.destroy();
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('nothing is done by %s', async (method) =>
    expect((await ask('/', { method })).status).toBe(405),
  );
});

describe('a second start', () => {
  test('gets a fresh address with the key of the lock, and hands its link over', async () => {
    const answer = await ask('/again', {
      method: 'POST',
      headers: { host: page.host, authorization: `Bearer ${KEY}` },
      body: 'landline://x',
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{32}$/),
    });
    expect(links).toEqual(['landline://x']);
  });

  test.each(['', 'Bearer ', `Bearer ${KEY}x`, `Basic ${KEY}`, KEY])(
    'with %j it gets nothing',
    async (authorization) => {
      expect(
        (await ask('/again', { method: 'POST', headers: { host: page.host, authorization } }))
          .status,
      ).toBe(403);
      expect(links).toEqual([]);
    },
  );

  test('a link without end is not read to its end', async () => {
    const body = 'x'.repeat(100_000);
    expect(
      (
        await ask('/again', {
          method: 'POST',
          headers: { host: page.host, authorization: `Bearer ${KEY}` },
          body,
        })
      ).status,
    ).toBe(413);
  });
});
