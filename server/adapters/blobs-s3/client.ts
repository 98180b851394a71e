/**
 * Requests to a storage server as the blobs need them: made again after a while when the connection went or the server is busy, and only
 * then; with answers that are read to their end and never without bound; and with every refusal as one of four kinds.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Limits } from '../../../protocol/limits.ts';
import { BlobsUnavailable, type BlobsTrouble } from '../../ports/blobs.ts';
import type { Random } from '../../ports/clock.ts';
import { errorCodeOf } from './answers.ts';
import { createExchange, Lost, type Answer, type Ask, type ExchangeParts } from './exchange.ts';

export interface S3ClientParts extends ExchangeParts {
  readonly random: Random;
  readonly limits: Pick<
    Limits,
    'blobAnswerMs' | 'blobSockets' | 'blobAttempts' | 'blobRetryMs' | 'blobAnswerBytes'
  >;
}

/** An answer that was read to its end. */
export interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The server's own word for what went wrong. */
  readonly code: string | undefined;
}

export interface S3Client {
  /** @throws BlobsUnavailable  what answers is not a storage server, or does not answer */
  ask(ask: Ask): Promise<Told>;
  /** One attempt at an answer with this status, whose content is left to be read. @throws Lost, BlobsUnavailable */
  stream(ask: Ask, status: number): Promise<Answer>;
  patience(): Patience;
  close(): void;
}

/** For how often something may get `Lost` in a row. */
export interface Patience {
  /** Waits until it is time for another attempt. @throws BlobsUnavailable  it was one too many; or the error, when it is no `Lost` */
  next(error: unknown): Promise<void>;
  /** It went on: the count begins anew. */
  renew(): void;
}

/** The server is there and asks us to come again; 409: others write the same key. */
const BUSY = new Set([409, 429, 500, 502, 503, 504]);
/** Said with 400 by servers that waited too long for us. */
const SLOW = 'RequestTimeout';

export function createS3Client(parts: S3ClientParts): S3Client {
  const { clock, random, limits } = parts;
  const exchange = createExchange(parts);

  const tell = async (answer: Answer): Promise<Told> => {
    const { status, headers } = answer;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of answer.content) {
      bytes += piece.length;
      if (bytes > limits.blobAnswerBytes)
        throw new BlobsUnavailable('failing', 'the storage server answers more than anybody asked');
      pieces.push(piece);
    }
    const text = Buffer.concat(pieces).toString();
    const code = status < 300 ? undefined : errorCodeOf(text);
    if (BUSY.has(status) || code === SLOW) throw new Lost(code ?? String(status));
    return { status, headers, text, code };
  };

  const patience = (): Patience => {
    let failures = 0;
    return {
      async next(error) {
        if (!(error instanceof Lost)) throw error;
        if (++failures >= limits.blobAttempts) {
          throw new BlobsUnavailable(
            'away',
            `the storage server cannot be reached, or is busy (${error.message})`,
            error,
          );
        }
        const waitMs = random.fraction() * limits.blobRetryMs * 2 ** (failures - 1);
        await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      },
      renew() {
        failures = 0;
      },
    };
  };

  return {
    async ask(ask) {
      const waits = patience();
      for (;;) {
        try {
          return await tell(await exchange.send(ask));
        } catch (error) {
          await waits.next(error);
        }
      }
    },
    async stream(ask, status) {
      const answer = await exchange.send(ask);
      if (answer.status !== status) throw refusalOf(await tell(answer));
      return answer;
    },
    patience,
    close: () => exchange.close(),
  };
}

const FULL = new Set([
  'QuotaExceeded',
  'XMinioStorageFull',
  'InsufficientStorage',
  'InsufficientCapacity',
]);

/** An answer that nobody hoped for, as an error. */
export function refusalOf({ status, code }: Pick<Told, 'status' | 'code'>): BlobsUnavailable {
  const said = code === undefined ? String(status) : `${status} ${code}`;
  const because = (kind: BlobsTrouble, words: string): BlobsUnavailable =>
    new BlobsUnavailable(kind, `${words} (${said})`);
  if (status === 507 || (code !== undefined && FULL.has(code)))
    return because('full', 'the storage server has no room');
  if (code === 'RequestTimeTooSkewed')
    return because('not-allowed', 'the storage server says that our clock is wrong');
  if (status === 401 || status === 403)
    return because('not-allowed', 'the storage server does not let this account do that');
  if (code === 'NoSuchBucket') return because('failing', 'the storage server has no such bucket');
  if (status >= 300 && status < 400)
    return because('failing', 'the storage server sends us elsewhere; check address and region');
  return because('failing', 'the storage server does not answer as one');
}
