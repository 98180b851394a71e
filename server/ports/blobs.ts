/**
 * Blobs: the bytes of files, named by the SHA-256 of their content. What a blob is called, who may read it and when it is no longer
 * referred to are the store's and the domain's business. Several relays may keep their blobs in one place at once.
 *
 * What every adapter guarantees:
 * - **Durability.** A promise of `put` resolves only when the bytes and their name would survive a power cut.
 * - **All or nothing.** Under a name there is either nothing or the complete content; a crash half-way leaves no blob.
 * - **Idempotence.** Putting the same content again changes nothing and answers the same, whoever put it first. Only what is there under
 *   the name and is damaged gives way.
 * - **No false content.** What is read whole is held against its name; the last bytes are given out when it agrees.
 * - **No false absence.** A place that is not there (a share that is not mounted, a bucket that was removed) is an error, and never
 *   "no such blob".
 * - **No way out.** A name that is not 64 lower-case hex digits never reaches the disk or the server.
 *
 * Who removes a blob has to know that nobody puts it at that moment: the one may answer and yet lose to the other.
 */
import type { Result } from '../../protocol/result.ts';

/** SHA-256 of the content, 64 lower-case hex digits. */
export type BlobHash = string;

export interface Blob {
  readonly hash: BlobHash;
  readonly bytes: number;
}

export type BlobFault =
  /** The content is longer than `maxBytes`, or than any blob may be; nothing was kept. */
  | 'too-large'
  /** The content is not what `hash` promised; nothing was kept. */
  | 'wrong-hash';

export type BlobsTrouble =
  /** No room is left, or none for this account. */
  | 'full'
  /** This account may not do that there. */
  | 'not-allowed'
  /** The disk, share or server is not there, or does not answer. */
  | 'away'
  /** It is there and fails, or answers what makes no sense. */
  | 'failing';

/** The place cannot take or give bytes now. Nothing was kept; safe to retry. The message ends a sentence, without a path or a secret. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable';
  readonly kind: BlobsTrouble;
  constructor(kind: BlobsTrouble, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** What is kept under the name is not the content it names. Reading again will not help; putting the content again does. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged';
  readonly hash: BlobHash;
  constructor(hash: BlobHash) {
    super('a blob is not what its name says');
    this.hash = hash;
  }
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
  /** Undefined when there is no such blob. @throws BlobsUnavailable */
  size(hash: BlobHash): Promise<number | undefined>;
  /**
   * The bytes `from` up to but without `to`, clamped to what there is; undefined when there is no such blob.
   * @throws BlobsUnavailable, BlobDamaged  also from the iterator
   */
  read(
    hash: BlobHash,
    span?: { readonly from: number; readonly to: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Gone after this, durably; removing what is not there is fine. @throws BlobsUnavailable */
  remove(hash: BlobHash): Promise<void>;
  /** Every name that is kept, in no order: for the collection of orphans. @throws BlobsUnavailable */
  names(): AsyncIterable<BlobHash>;

  /** Makes the place ready to take blobs. To be called once, when it is known to be the right one. @throws BlobsUnavailable */
  prepare(): Promise<void>;
  /**
   * Removes what killed writers left half-written, once it is older than `blobLeftoverMs`; never what is being written, by whomever.
   * @returns how many pieces
   * @throws BlobsUnavailable
   */
  sweep(): Promise<number>;
  /** Writes a few bytes beside the blobs and takes them away again. @throws BlobsUnavailable  the place cannot be written */
  probe(): Promise<void>;
  /**
   * The words that were left to know the place again, at most `MARK_BYTES`; undefined when there are none. May be asked of a place that
   * is not ready, and changes nothing there.
   * @throws BlobsUnavailable
   */
  mark(): Promise<string | undefined>;
  /** Leaves these words where there are none yet, durably. @returns those that are there: of two at once one wins. @throws BlobsUnavailable */
  leaveMark(words: string): Promise<string>;
  /** Lets go of what is held open. */
  close(): void;
}

/** The name of the words that are left at a place, beside the blobs. */
export const MARK_NAME = 'landline-blobs.json';
export const MARK_BYTES = 1_024;
