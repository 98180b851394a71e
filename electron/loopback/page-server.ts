/**
 * The HTTP side of the loopback host: the files of the built window, to this computer's browser alone. A request that names any
 * other host than 127.0.0.1 and our port is refused (a web page that points its own name here, DNS rebinding). Nothing secret
 * is ever in a path: the page without a secret is an empty page.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { timingSafeEqual, createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { pageHeaders } from '../host/content-security.ts';
import type { WindowFiles } from '../host/window-files.ts';

export interface PageServerParts {
  readonly files: WindowFiles;
  /** `bridge.js`, as it is served. */
  readonly bridgeScript: string;
  /** The picture of the tab: a PNG. */
  readonly icon: Uint8Array;
  /** For a second start on the same data: asked with this key, answers with a fresh address. */
  readonly again: {
    readonly key: string;
    answer(link: string | undefined): { readonly url: string };
  };
}

export interface PageServer {
  readonly server: Server;
  /** `127.0.0.1:port`, the only name this host answers to. */
  readonly host: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 8 * 1024;
const HEADERS_TIMEOUT_MS = 5_000;

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (given: string, wanted: string): boolean =>
  timingSafeEqual(hash(given), hash(wanted));

/** Names this host, and no other beside it. Shared with the WebSocket's door. */
export const namesHost = (request: IncomingMessage, host: string): boolean => {
  const named = request.headersDistinct['host'] ?? [];
  return named.length === 1 && named[0] === host;
};

/** The bridge has to be there before the window's own script runs. */
const withBridge = (page: string): string =>
  page.replace('<script', '<script src="/bridge.js"></script><script');

export async function startPageServer({
  files,
  bridgeScript,
  icon,
  again,
}: PageServerParts): Promise<PageServer> {
  let host = '';

  const end = (response: ServerResponse, status: number): void => {
    response
      .writeHead(status, { ...pageHeaders(), 'content-length': '0', connection: 'close' })
      .end();
  };

  const send = (response: ServerResponse, type: string, body: string | Uint8Array): void => {
    const bytes = Buffer.from(body);
    response
      .writeHead(200, {
        ...pageHeaders(`ws://${host}`),
        'content-type': type,
        'content-length': bytes.length,
      })
      .end(bytes);
  };

  const serveFile = async (path: string, response: ServerResponse): Promise<void> => {
    if (path === '/bridge.js')
      return send(response, 'text/javascript; charset=utf-8', bridgeScript);
    if (path === '/favicon.ico') return send(response, 'image/png', icon);
    const file = files.find(path);
    if (file === undefined) return end(response, 404);
    const body = await file.read();
    if (path === '/' || path === '/index.html')
      return send(response, file.type, withBridge(Buffer.from(body).toString('utf8')));
    send(response, file.type, body);
  };

  const answerAgain = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A page cannot set this header across origins without asking first, and is never allowed to.
    if (!isSame(request.headers.authorization ?? '', `Bearer ${again.key}`))
      return end(response, 403);
    const body = await readBody(request);
    if (body === undefined) return end(response, 413);
    const answer = JSON.stringify(again.answer(body === '' ? undefined : body));
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      })
      .end(answer);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!namesHost(request, host)) return end(response, 421);
    const path = URL.parse(request.url ?? '', `http://${host}`)?.pathname;
    if (request.method === 'POST' && path === '/again') return answerAgain(request, response);
    if (request.method !== 'GET' || path === undefined) return end(response, 405);
    return serveFile(path, response);
  };

  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      handle(request, response).catch(() => {
        if (!response.headersSent) end(response, 500);
        else response.destroy();
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    server,
    host,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
