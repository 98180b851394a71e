/**
 * A stand-in for a storage server: what S3 answers to the requests that blobs make, in memory, with
 * a hook by which a test makes any answer go wrong. It checks signatures where it has an account and
 * accepts all of them otherwise. What it does not know it answers with 501.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { signatureFault, type S3Account } from './s3-signature.ts';

export interface S3StandInOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether it knows `If-None-Match`. */
  readonly knowsConditions?: boolean;
  /** How many keys it lists at once, whatever it is asked for. */
  readonly listKeys?: number;
  /** Only requests that this account has signed are served; without one all signatures pass. */
  readonly account?: S3Account;
}

/** Sees each request first. True: it has been dealt with, in whatever way. */
export type Interference = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>;

export interface S3StandIn {
  readonly address: URL;
  readonly bucket: string;
  /** Content by key. */
  readonly kept: Map<string, Buffer>;
  /** Each request as `METHOD key`, in order. */
  readonly asked: string[];
  interfere(how: Interference | undefined): void;
  /** How many connections there were. */
  readonly connections: number;
  /** Once is enough, and twice does no harm. */
  dispose(): Promise<void>;
  /** After `dispose`: serves on the same port what it has kept. */
  restart(): Promise<void>;
}

const BUCKET = 'landline';

export async function startS3StandIn({
  tls,
  knowsConditions = true,
  listKeys = 1_000,
  account,
}: S3StandInOptions = {}): Promise<S3StandIn> {
  const kept = new Map<string, Buffer>();
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let interference: Interference | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://here');
    const [, bucket = '', ...rest] = url.pathname.split('/');
    const key = rest.join('/');
    asked.push(`${request.method ?? ''} ${key}`);
    if (await interference?.(request, response)) return;
    if (bucket !== BUCKET) return refuse(response, 404, 'NoSuchBucket');
    const fault = account
      ? signatureFault(request, account)
      : /^AWS4-HMAC-SHA256 Credential=/.test(request.headers.authorization ?? '')
        ? undefined
        : 'AccessDenied';
    if (fault !== undefined) return refuse(response, 403, fault, request.method === 'HEAD');
    switch (request.method) {
      case 'PUT':
        if (key === '') return void response.writeHead(200).end();
        return put(request, response, key);
      case 'GET':
      case 'HEAD':
        return key === '' ? list(response, url.searchParams) : get(request, response, key);
      case 'DELETE':
        kept.delete(key);
        return void response.writeHead(204).end();
      default:
        return refuse(response, 501, 'NotImplemented');
    }
  };

  const put = async (
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
  ): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const content = Buffer.concat(pieces);
    const condition = request.headers['if-none-match'];
    if (condition !== undefined && !knowsConditions) return refuse(response, 501, 'NotImplemented');
    if (
      request.headers['x-amz-content-sha256'] !== createHash('sha256').update(content).digest('hex')
    ) {
      return refuse(response, 400, 'XAmzContentSHA256Mismatch');
    }
    if (condition === '*' && kept.has(key)) return refuse(response, 412, 'PreconditionFailed');
    kept.set(key, content);
    response.writeHead(200, { etag: `"${createHash('md5').update(content).digest('hex')}"` }).end();
  };

  const get = (request: IncomingMessage, response: ServerResponse, key: string): void => {
    const content = kept.get(key);
    if (!content) return refuse(response, 404, 'NoSuchKey', request.method === 'HEAD');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = first === undefined ? content : content.subarray(Number(first), Number(last) + 1);
    if (first !== undefined && part.length === 0) return refuse(response, 416, 'InvalidRange');
    const range =
      first === undefined
        ? {}
        : {
            'content-range': `bytes ${first}-${Number(first) + part.length - 1}/${content.length}`,
          };
    response.writeHead(first === undefined ? 200 : 206, {
      'content-length': part.length,
      etag: '"tag"',
      ...range,
    });
    response.end(request.method === 'HEAD' ? undefined : part);
  };

  const list = (response: ServerResponse, query: URLSearchParams): void => {
    const after = query.get('continuation-token') ?? '';
    const all = [...kept.keys()]
      .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
      .toSorted();
    const page = all.slice(0, Math.min(listKeys, Number(query.get('max-keys'))));
    const isTruncated = page.length < all.length;
    const next = isTruncated
      ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>`
      : '';
    const contents = page
      .map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`)
      .join('');
    const body = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents}</ListBucketResult>`;
    response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch(() => response.destroy());
  };
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    address: new URL(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`),
    bucket: BUCKET,
    kept,
    asked,
    interfere(how) {
      interference = how;
    },
    get connections() {
      return connections;
    },
    async dispose() {
      if (!server.listening) return;
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
    restart: () => listen(port),
  };
}

export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  isHead = false,
): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  response
    .writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length })
    .end(isHead ? undefined : body);
}
