/**
 * Blobs in a bucket of a storage server that speaks S3, under the names they have on a disk: `<prefix>ab/cdef…`. One request keeps a blob,
 * whole or not at all; it is signed with the hash of its content, which the server holds against what came. Where the server knows
 * `If-None-Match`, what is there is not written twice.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Limits } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import {
  BlobDamaged,
  BlobsUnavailable,
  MARK_BYTES,
  MARK_NAME,
  type Blob,
  type BlobFault,
  type BlobHash,
  type Blobs,
} from '../../ports/blobs.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { S3Place } from '../../s3-place.ts';
import { checked, clamp, isHash, pathOf } from '../blob-content.ts';
import { createDiskCalls } from '../disk-calls.ts';
import { listingOf } from './answers.ts';
import { createS3Client, refusalOf, type S3Client } from './client.ts';
import { Lost, type Content } from './exchange.ts';
import { contentFrom, withSpooled, type SpoolParts } from './spool.ts';

export interface S3BlobsParts {
  readonly place: S3Place;
  /** Where content waits on its way; of this relay alone. */
  readonly spool: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
}

/** What is written and taken away again to see whether that can be done. */
const PROBE = '.partial';
const LIST_KEYS = '500';

export const createS3Blobs = (parts: S3BlobsParts): Blobs => new S3Blobs(parts);

class S3Blobs implements Blobs {
  readonly #parts: S3BlobsParts;
  readonly #client: S3Client;
  readonly #spool: SpoolParts;
  /** Until the server says that it cannot. */
  #knowsConditions = true;

  constructor(parts: S3BlobsParts) {
    const { place, spool, clock, random, limits } = parts;
    this.#parts = parts;
    this.#client = createS3Client({ place, clock, random, limits });
    const { run } = createDiskCalls({
      clock,
      atOnce: limits.blobDiskCalls,
      patienceMs: limits.blobAnswerMs,
    });
    this.#spool = { folder: spool, random, call: run };
  }

  async put(
    content: AsyncIterable<Uint8Array>,
    expect: { readonly maxBytes: number; readonly hash?: BlobHash },
  ): Promise<Result<Blob, BlobFault>> {
    const maxBytes = Math.min(expect.maxBytes, this.#parts.limits.blobBytes);
    return withSpooled<Blob, BlobFault>(this.#spool, content, maxBytes, async (spooled) => {
      const { hash, bytes } = spooled;
      if (expect.hash !== undefined && expect.hash !== hash) return fail('wrong-hash');
      const isThere = (await this.size(hash)) !== undefined;
      if (isThere && (await this.#isSound(hash))) return ok({ hash, bytes });
      // What is there is damaged, or another relay is at it this moment.
      if (isThere || !(await this.#create(pathOf(hash), spooled)))
        await this.#replace(pathOf(hash), spooled);
      return ok({ hash, bytes });
    });
  }

  async size(hash: BlobHash): Promise<number | undefined> {
    return isHash(hash) ? this.#sizeOf(pathOf(hash)) : undefined;
  }

  async read(
    hash: BlobHash,
    span?: { readonly from: number; readonly to: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const size = await this.size(hash);
    if (size === undefined) return undefined;
    const { from, to } = clamp(size, span);
    const content = this.#bytes(pathOf(hash), { from, to, size });
    return to - from === size ? checked(content, hash) : content;
  }

  async remove(hash: BlobHash): Promise<void> {
    if (isHash(hash)) await this.#remove(pathOf(hash));
  }

  async *names(): AsyncGenerator<BlobHash> {
    const { prefix } = this.#parts.place;
    let from: string | undefined;
    do {
      const query = {
        'list-type': '2',
        'max-keys': LIST_KEYS,
        prefix,
        ...(from === undefined ? {} : { 'continuation-token': from }),
      };
      const told = await this.#client.ask({ method: 'GET', query });
      if (told.status !== 200) throw refusalOf(told);
      const listing = listingOf(told.text);
      // A list that leads to its own beginning has no end.
      if (!listing || (listing.next !== undefined && listing.next === from))
        throw nonsense('the list of what it keeps');
      for (const key of listing.keys) {
        const hash = key.startsWith(prefix) ? key.slice(prefix.length).replace('/', '') : '';
        if (isHash(hash) && key === prefix + pathOf(hash)) yield hash;
      }
      from = listing.next;
    } while (from !== undefined);
  }

  async prepare(): Promise<void> {
    await this.probe();
  }

  /** A server keeps nothing of a request that broke off. */
  sweep(): Promise<number> {
    return Promise.resolve(0);
  }

  async probe(): Promise<void> {
    const key = `${PROBE}/${Buffer.from(this.#parts.random.bytes(16)).toString('hex')}`;
    await this.#replace(key, contentFrom('.'));
    if ((await this.#textAt(key)) !== '.') throw nonsense('what it was given a moment ago');
    await this.#remove(key);
  }

  mark(): Promise<string | undefined> {
    return this.#textAt(MARK_NAME);
  }

  async leaveMark(words: string): Promise<string> {
    // Where the server knows no conditions the last of two wins; both read what is there then.
    if (this.#knowsConditions || (await this.mark()) === undefined)
      await this.#create(MARK_NAME, contentFrom(words));
    const mark = await this.mark();
    if (mark === undefined) throw nonsense('what it was given a moment ago');
    return mark;
  }

  close(): void {
    this.#client.close();
  }

  /** Keeps the content under a key that is free. @returns false when it is not */
  async #create(key: string, content: Content): Promise<boolean> {
    if (this.#knowsConditions) {
      const told = await this.#client.ask({
        method: 'PUT',
        key,
        content,
        headers: { 'if-none-match': '*' },
      });
      if (told.status === 412) return (await this.#sizeOf(key)) === content.bytes;
      if (told.status !== 501 && told.code !== 'NotImplemented') {
        checkKept(told);
        return true;
      }
      this.#knowsConditions = false;
    }
    await this.#replace(key, content);
    return true;
  }

  async #replace(key: string, content: Content): Promise<void> {
    checkKept(await this.#client.ask({ method: 'PUT', key, content }));
  }

  async #remove(key: string): Promise<void> {
    const told = await this.#client.ask({ method: 'DELETE', key });
    if (told.status !== 204 && told.code !== 'NoSuchKey') throw refusalOf(told);
  }

  async #sizeOf(key: string): Promise<number | undefined> {
    const head = await this.#client.ask({ method: 'HEAD', key });
    if (head.status === 200) return lengthOf(head.headers);
    if (head.status !== 404) throw refusalOf(head);
    // An answer to HEAD has no words for what is missing, the blob or the whole bucket.
    const told = await this.#client.ask({ method: 'GET', key, headers: { range: 'bytes=0-0' } });
    if (told.code === 'NoSuchKey') return undefined;
    // Put there between the two questions.
    const isThere = told.status === 200 || told.status === 206 || told.status === 416;
    const again = isThere ? await this.#client.ask({ method: 'HEAD', key }) : told;
    if (!isThere || again.status !== 200) throw refusalOf(again);
    return lengthOf(again.headers);
  }

  async #isSound(hash: BlobHash): Promise<boolean> {
    try {
      const content = await this.read(hash);
      for await (const chunk of content ?? []) void chunk;
      return content !== undefined;
    } catch (error) {
      if (error instanceof BlobDamaged) return false;
      throw error;
    }
  }

  /** @param span  of something of this size; after a broken connection what is missing is asked for */
  async *#bytes(
    key: string,
    { from, to, size }: { readonly from: number; readonly to: number; readonly size: number },
  ): AsyncGenerator<Uint8Array> {
    const patience = this.#client.patience();
    for (let at = from; at < to;) {
      const first = at;
      const isWhole = first === 0 && to === size;
      const headers = isWhole ? {} : { range: `bytes=${first}-${to - 1}` };
      try {
        const answer = await this.#client.stream(
          { method: 'GET', key, headers },
          isWhole ? 200 : 206,
        );
        const range = isWhole ? undefined : `bytes ${first}-${to - 1}/${size}`;
        if (lengthOf(answer.headers) !== to - first || answer.headers['content-range'] !== range) {
          answer.abandon();
          throw nonsense('a part of a blob');
        }
        for await (const chunk of answer.content) {
          at += chunk.length;
          patience.renew();
          yield chunk;
        }
        if (at < to) throw new Lost('a part is missing');
      } catch (error) {
        await patience.next(error);
      }
    }
  }

  /** A few bytes; undefined when there is no such key. */
  async #textAt(key: string): Promise<string | undefined> {
    const told = await this.#client.ask({ method: 'GET', key });
    if (told.code === 'NoSuchKey') return undefined;
    if (told.status !== 200) throw refusalOf(told);
    if (told.text.length > MARK_BYTES) throw nonsense('a few words');
    return told.text;
  }
}

const nonsense = (what: string): BlobsUnavailable =>
  new BlobsUnavailable('failing', `the storage server does not answer as one (asked for ${what})`);

function lengthOf(headers: IncomingHttpHeaders): number {
  const length = headers['content-length'] ?? '';
  if (!/^\d{1,15}$/.test(length) || headers['content-encoding'] !== undefined)
    throw nonsense('the size of a blob');
  return Number(length);
}

/** A server of this kind that has kept something says under which tag; a page that asks us to sign in does not. */
function checkKept(told: {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly code: string | undefined;
}): void {
  if (told.status !== 200) throw refusalOf(told);
  if (told.headers.etag === undefined) throw nonsense('to keep a blob');
}
