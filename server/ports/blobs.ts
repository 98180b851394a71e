/**
 * Blobs: the bytes of files, named by the SHA-256 of their content. What a blob is called, who may read it and when it is no longer
 * referred to are the store's and the domain's business.
 *
 * What every adapter guarantees:
 * - **Durability.** A promise of `put` resolves only when the bytes and their name would survive a power cut.
 * - **All or nothing.** Under a name there is either nothing or the complete content; a crash half-way leaves no blob.
 * - **Idempotence.** Putting the same content again changes nothing and answers the same.
 * - **No way out.** A name that is not 64 lower-case hex digits never reaches the disk.
 */
import type { Result } from '../../protocol/result.ts';

/** SHA-256 of the content, 64 lower-case hex digits. */
export type BlobHash = string;

export interface Blob {
  readonly hash: BlobHash;
  readonly bytes: number;
}

export type BlobFault =
  /** The content is longer than `maxBytes`; nothing was kept. */
  | 'too-large'
  /** The content is not what `hash` promised; nothing was kept. */
  | 'wrong-hash';

/** The disk cannot take or give bytes now. Nothing was kept; safe to retry. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable';
}

export interface Blobs {
  /**
   * Keeps the content. An error of the source itself is passed on, and nothing is kept.
   * @throws BlobsUnavailable
   */
  put(
    content: AsyncIterable<Uint8Array>,
    expect: { readonly maxBytes: number; readonly hash?: BlobHash },
  ): Promise<Result<Blob, BlobFault>>;
  /** Undefined when there is no such blob. */
  size(hash: BlobHash): Promise<number | undefined>;
  /**
   * The bytes `from` up to but without `to`, clamped to what there is; undefined when there is no such blob.
   * @throws BlobsUnavailable  also from the iterator
   */
  read(hash: BlobHash, span?: { readonly from: number; readonly to: number }): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Gone after this, durably; removing what is not there is fine. */
  remove(hash: BlobHash): Promise<void>;
  /** Every name that is kept, in no order: for the collection of orphans. */
  names(): AsyncIterable<BlobHash>;
}
