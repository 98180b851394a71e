/**
 * One signed request to a storage server, and its answer: over TLS, to the address that was named and to no other. Nothing is followed that
 * leads elsewhere, no proxy of the environment is asked, and silence ends it. What went wrong is either `Lost`, which may go better
 * another time, or `BlobsUnavailable`, which will not.
 */
import { createHash } from 'node:crypto';
import {
  Agent as PlainAgent,
  request as plainRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsV4Signer } from 'aws4fetch';
import type { Limits } from '../../../protocol/limits.ts';
import { BlobsUnavailable } from '../../ports/blobs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { S3Place } from '../../s3-place.ts';

export interface Content {
  readonly bytes: number;
  /** SHA-256: the server takes only what has it. */
  readonly hash: string;
  /** May be asked more than once. */
  open(): AsyncIterable<Uint8Array>;
}

export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Behind the prefix; without one the bucket itself is meant. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Content;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Once begun it may be read to its end or left: both let the connection go. @throws Lost, BlobsUnavailable */
  readonly content: AsyncIterable<Uint8Array>;
  /** For who does not begin. */
  abandon(): void;
}

/** The connection went, or the server is busy. What became of the request nobody knows. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

export interface Exchange {
  /** @throws Lost, BlobsUnavailable; or what `content` threw */
  send(ask: Ask): Promise<Answer>;
  close(): void;
}

export interface ExchangeParts {
  readonly place: S3Place;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'blobAnswerMs' | 'blobSockets'>;
}

interface Watch {
  /** A byte came or went. */
  moved(): void;
  /** Nobody waits for one. */
  rest(): void;
}

const EMPTY = createHash('sha256').digest('hex');

export function createExchange({ place, clock, limits }: ExchangeParts): Exchange {
  const isTls = place.address.protocol === 'https:';
  // An agent of our own: the one that everybody shares may have learnt of a proxy from the environment.
  const pool = { keepAlive: true, maxSockets: limits.blobSockets };
  const agent = isTls
    ? new TlsAgent({
        ...pool,
        ca: place.authority,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
      })
    : new PlainAgent(pool);
  const keys = new Map<string, ArrayBuffer>();

  const sign = async ({
    method,
    key,
    query = {},
    headers = {},
    content,
  }: Ask): Promise<{ readonly url: URL; readonly headers: Headers }> => {
    const url = new URL(
      `/${place.bucket}${key === undefined ? '' : `/${place.prefix}${key}`}`,
      place.address,
    );
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': content?.hash ?? EMPTY },
      accessKeyId: place.keyId,
      secretAccessKey: place.secret,
      service: 's3',
      region: place.region,
      cache: keys,
      datetime: new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    }).sign();
  };

  /** Ends the request when nothing has moved for a while. */
  const watch = (request: ClientRequest): Watch => {
    let cancel = (): void => undefined;
    let isOver = false;
    request.once('close', () => {
      isOver = true;
      cancel();
    });
    return {
      rest: () => cancel(),
      moved() {
        cancel();
        if (!isOver)
          cancel = clock.after(limits.blobAnswerMs, () => request.destroy(new Lost('silence')));
      },
    };
  };

  return {
    async send(ask) {
      const { url, headers } = await sign(ask);
      const { method, content } = ask;
      const length = content ? { 'content-length': content.bytes } : {};
      const options = { method, agent, headers: { ...Object.fromEntries(headers), ...length } };
      const request = isTls ? tlsRequest(url, options) : plainRequest(url, options);
      const watching = watch(request);
      watching.moved();
      return new Promise<Answer>((resolve, reject) => {
        request.once('response', (response) => {
          watching.rest();
          // Heard where it is read; and by nobody, where nobody reads.
          response.on('error', () => undefined);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            content: contentOf(request, response, watching),
            abandon: () => request.destroy(),
          });
        });
        request.on('error', (error) => reject(asFault(error)));
        if (!content) request.end();
        else upload(content, request, watching).catch((error: Error) => reject(asFault(error)));
      });
    },
    close: () => agent.destroy(),
  };
}

/** A source that fails takes the request with it, half-sent, so that the server keeps nothing. */
async function upload(content: Content, request: ClientRequest, { moved }: Watch): Promise<void> {
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content.open()) {
      moved();
      yield chunk;
    }
    moved();
  }
  await pipeline(Readable.from(watched(), { objectMode: false }), request);
}

async function* contentOf(
  request: ClientRequest,
  response: IncomingMessage,
  { moved, rest }: Watch,
): AsyncGenerator<Uint8Array> {
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      // Only while we wait: who reads slowly is not the server's fault.
      moved();
      const next = await chunks.next();
      rest();
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw asFault(error as Error);
  } finally {
    rest();
    if (!response.complete || !request.writableFinished) request.destroy();
  }
}

const LOST = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

function asFault(error: Error): Error {
  if (error instanceof Lost || error instanceof BlobsUnavailable) return error;
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string') return error;
  if (LOST.has(code)) return new Lost(code, { cause: error });
  if (code.startsWith('HPE_'))
    return new BlobsUnavailable(
      'failing',
      `what answers there does not speak HTTP (${code})`,
      error,
    );
  if (/CERT|SIGNED|VERIFY|ERR_TLS/.test(code)) {
    return new BlobsUnavailable(
      'not-allowed',
      `the storage server shows a certificate that nobody here vouches for (${code})`,
      error,
    );
  }
  return new BlobsUnavailable('failing', `the storage server cannot be used (${code})`, error);
}
