/**
 * Blobs as files of a folder, which may be a share that several relays write at once: `<folder>/ab/cdef…`, named by their SHA-256.
 *
 *   .partial/<random> ──write, sync──▶ link to ab/cdef… ──sync the folder──▶ kept
 *
 * A name is given to what is whole and on the disk, and only where it is free: of two writers of one content one gives it, the other finds
 * it given and the content in it sound; nobody's open file is taken away from under them. Where a share knows no links, a rename does it.
 * What a killed writer left is swept by its age, told by the share's own clock. Symbolic links in the folder are not followed: what is
 * not a plain file is not a blob.
 */
import { constants } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Limits } from '../../protocol/limits.ts';
import { fail, type Result } from '../../protocol/result.ts';
import {
  BlobDamaged,
  BlobsUnavailable,
  MARK_BYTES,
  MARK_NAME,
  type Blob,
  type BlobFault,
  type BlobHash,
  type Blobs,
} from '../ports/blobs.ts';
import type { Clock, Random } from '../ports/clock.ts';
import { checked, clamp, isHash, isShard, pathOf } from './blob-content.ts';
import { causeOf, createDiskCalls, type DiskCalls } from './disk-calls.ts';
import { readContent, writeContent } from './disk-content.ts';

/** How the disk is reached. */
export type DiskFiles = Pick<
  typeof nodeFiles,
  'link' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'unlink'
>;

export interface DiskBlobsParts {
  /** Has to be there. Nothing else should live in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<Limits, 'blobBytes' | 'blobLeftoverMs' | 'blobAnswerMs' | 'blobDiskCalls'>;
  /** For tests: the disk, and what goes wrong with it. */
  readonly files?: DiskFiles;
}

const PARTIAL = '.partial';
/** What a share says that knows no links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK']);
/** What a share says that cannot sync a folder; it does so by itself, or nobody can. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EISDIR']);
/** A link that somebody put in place of a file is an error. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
const closeLate = (file: FileHandle): void => void file.close().catch(() => undefined);

export const createDiskBlobs = (parts: DiskBlobsParts): Blobs => new DiskBlobs(parts);

class DiskBlobs implements Blobs {
  readonly #parts: DiskBlobsParts;
  readonly #files: DiskFiles;
  readonly #call: DiskCalls['run'];
  readonly #incoming: string;
  /** Names in `.partial` that this relay is writing. */
  readonly #writing = new Set<string>();
  /** Shards whose own entry in the folder we know to be on the disk. */
  readonly #kept = new Set<string>();
  /** Once the mark was seen, a folder without it is not the place. */
  #isMarked = false;

  constructor(parts: DiskBlobsParts) {
    const { folder, clock, limits, files = nodeFiles } = parts;
    this.#parts = parts;
    this.#files = files;
    this.#call = createDiskCalls({
      clock,
      atOnce: limits.blobDiskCalls,
      patienceMs: limits.blobAnswerMs,
    }).run;
    this.#incoming = join(folder, PARTIAL);
  }

  async prepare(): Promise<void> {
    if (await this.#makeFolder(this.#incoming)) await this.#syncFolder(this.#parts.folder);
    await this.#touch();
  }

  async put(
    content: AsyncIterable<Uint8Array>,
    expect: { readonly maxBytes: number; readonly hash?: BlobHash },
  ): Promise<Result<Blob, BlobFault>> {
    return this.#withPartial(async (partial) => {
      const written = await this.#write(
        partial,
        content,
        Math.min(expect.maxBytes, this.#parts.limits.blobBytes),
      );
      if (!written.ok) return written;
      if (expect.hash !== undefined && expect.hash !== written.value.hash)
        return fail('wrong-hash');
      await this.#settle(partial, written.value);
      return written;
    });
  }

  async size(hash: BlobHash): Promise<number | undefined> {
    return isHash(hash) ? this.#sizeOf(this.#placeOf(hash)) : undefined;
  }

  async read(
    hash: BlobHash,
    span?: { readonly from: number; readonly to: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const size = await this.size(hash);
    if (size === undefined) return undefined;
    const { from, to } = clamp(size, span);
    const content = this.#bytes(hash, from, to);
    return to - from === size ? checked(content, hash) : content;
  }

  async remove(hash: BlobHash): Promise<void> {
    if (!isHash(hash)) return;
    const place = this.#placeOf(hash);
    try {
      await this.#call(() => this.#files.unlink(place));
    } catch (error) {
      if (causeOf(error) !== 'ENOENT') throw error;
      return this.#checkHere();
    }
    await this.#syncFolder(dirname(place));
  }

  async *names(): AsyncGenerator<BlobHash> {
    await this.#checkHere();
    const { folder } = this.#parts;
    for (const shard of await this.#namesIn(folder)) {
      if (!isShard(shard)) continue;
      for (const rest of await this.#namesIn(join(folder, shard)))
        if (isHash(shard + rest)) yield shard + rest;
    }
  }

  async sweep(): Promise<number> {
    const now = await this.#touch();
    let swept = 0;
    for (const name of await this.#namesIn(this.#incoming)) {
      if (this.#writing.has(name)) continue;
      const path = join(this.#incoming, name);
      const found = await this.#unlessMissing(this.#call(() => this.#files.lstat(path)));
      if (!found?.isFile() || now - found.mtimeMs <= this.#parts.limits.blobLeftoverMs) continue;
      // Another relay may sweep too.
      await this.#unlessMissing(this.#call(() => this.#files.unlink(path)));
      swept++;
    }
    return swept;
  }

  async probe(): Promise<void> {
    await this.#touch();
  }

  async mark(): Promise<string | undefined> {
    const { folder } = this.#parts;
    // Throws where there is no folder at all.
    await this.#call(() => this.#files.lstat(folder));
    const file = await this.#unlessMissing(this.#open(join(folder, MARK_NAME), READ));
    if (!file) return undefined;
    try {
      const chunk = Buffer.alloc(MARK_BYTES);
      const { bytesRead } = await this.#call(() => file.read(chunk, 0, MARK_BYTES, 0));
      this.#isMarked = true;
      return chunk.toString('utf8', 0, bytesRead);
    } finally {
      await this.#close(file);
    }
  }

  async leaveMark(words: string): Promise<string> {
    const { folder } = this.#parts;
    await this.#withPartial(async (partial) => {
      await this.#write(partial, [Buffer.from(words)], MARK_BYTES);
      await this.#name(partial, join(folder, MARK_NAME));
      await this.#syncFolder(folder);
    });
    const mark = await this.mark();
    if (mark === undefined)
      throw new BlobsUnavailable('failing', 'the disk does not keep what it was given');
    return mark;
  }

  close(): void {
    // Every file is closed where it was opened.
  }

  #placeOf(hash: BlobHash): string {
    return join(this.#parts.folder, ...pathOf(hash).split('/'));
  }

  async #withPartial<T>(work: (partial: string) => Promise<T>): Promise<T> {
    const name = Buffer.from(this.#parts.random.bytes(16)).toString('hex');
    const partial = join(this.#incoming, name);
    this.#writing.add(name);
    try {
      return await work(partial);
    } finally {
      // What cannot be taken away now is swept later.
      await this.#call(() => this.#files.unlink(partial)).catch(() => undefined);
      this.#writing.delete(name);
    }
  }

  /** The content at `partial`, on the disk. An error of the source is passed on as it is. */
  async #write(
    partial: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    maxBytes: number,
  ): Promise<Result<Blob, BlobFault>> {
    const file = await this.#open(partial, 'wx');
    let isWritten = false;
    try {
      const written = await writeContent(this.#call, file, content, maxBytes, { isSynced: true });
      isWritten = written.ok;
      return written;
    } finally {
      // A share may keep for this moment that it had no room.
      await this.#close(file).catch((error: unknown) => {
        if (isWritten) throw error;
      });
    }
  }

  async #settle(partial: string, blob: Blob): Promise<void> {
    const place = this.#placeOf(blob.hash);
    const shard = dirname(place);
    await this.#makeFolder(shard);
    if (!this.#kept.has(shard)) {
      // Made by us or a moment ago by another relay, who may not have come to this yet.
      await this.#syncFolder(this.#parts.folder);
      this.#kept.add(shard);
    }
    if (!(await this.#name(partial, place)) && !(await this.#isKept(blob)))
      await this.#call(() => this.#files.rename(partial, place));
    await this.#syncFolder(shard);
  }

  /** Gives the file its name. @returns false when the name is given already */
  async #name(partial: string, place: string): Promise<boolean> {
    try {
      await this.#call(() => this.#files.link(partial, place));
      return true;
    } catch (error) {
      const code = causeOf(error);
      if (code === 'EEXIST') return false;
      if (code === undefined || !NO_LINKS.has(code)) throw error;
    }
    if ((await this.#sizeOf(place)) !== undefined) return false;
    await this.#call(() => this.#files.rename(partial, place));
    return true;
  }

  /** Whether what is there under the name is the blob, and on the disk. */
  async #isKept({ hash, bytes }: Blob): Promise<boolean> {
    if ((await this.#sizeOf(this.#placeOf(hash))) !== bytes) return false;
    try {
      for await (const chunk of checked(this.#bytes(hash, 0, bytes, { isSynced: true }), hash))
        void chunk;
      return true;
    } catch (error) {
      if (error instanceof BlobDamaged || causeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async *#bytes(
    hash: BlobHash,
    from: number,
    to: number,
    { isSynced = false } = {},
  ): AsyncGenerator<Uint8Array> {
    const file = await this.#open(this.#placeOf(hash), READ);
    try {
      let at = from;
      for await (const chunk of readContent(this.#call, file, from, to)) {
        at += chunk.length;
        yield chunk;
      }
      if (at < to) throw new BlobDamaged(hash);
      // Windows syncs only what may be written.
      if (isSynced && process.platform !== 'win32') await this.#call(() => file.sync());
    } finally {
      await this.#close(file);
    }
  }

  #open(path: string, flags: string | number): Promise<FileHandle> {
    return this.#call(() => this.#files.open(path, flags, 0o600), closeLate);
  }

  #close(file: FileHandle): Promise<void> {
    return this.#call(() => file.close());
  }

  /** @returns whether it was made */
  async #makeFolder(path: string): Promise<boolean> {
    try {
      await this.#call(() => this.#files.mkdir(path, 0o700));
      return true;
    } catch (error) {
      if (causeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /** A new name, and one that is gone, is durable when its folder is. Windows keeps folders by itself and cannot open them. */
  async #syncFolder(path: string): Promise<void> {
    if (process.platform === 'win32') return;
    const folder = await this.#open(path, constants.O_RDONLY);
    try {
      await this.#call(() => folder.sync());
    } catch (error) {
      if (!NO_FOLDER_SYNC.has(causeOf(error) ?? '')) throw error;
    } finally {
      await this.#close(folder);
    }
  }

  /** Undefined when there is no plain file, in a folder that is there. */
  async #sizeOf(path: string): Promise<number | undefined> {
    const found = await this.#unlessMissing(this.#call(() => this.#files.lstat(path)));
    if (found?.isFile()) return found.size;
    await this.#checkHere();
    return undefined;
  }

  /** A share that is not mounted looks like an empty folder. */
  async #checkHere(): Promise<void> {
    const sign = this.#isMarked ? join(this.#parts.folder, MARK_NAME) : this.#incoming;
    const found = await this.#unlessMissing(this.#call(() => this.#files.lstat(sign)));
    if (!found)
      throw new BlobsUnavailable('away', 'the folder is not what it was; is the share mounted?');
  }

  async #namesIn(folder: string): Promise<readonly string[]> {
    return (await this.#unlessMissing(this.#call(() => this.#files.readdir(folder)))) ?? [];
  }

  /** @returns the moment by the clock of the disk, which is another than ours where the disk is a server's */
  async #touch(): Promise<number> {
    return this.#withPartial(async (partial) => {
      await this.#write(partial, [Buffer.from('.')], 1);
      return (await this.#call(() => this.#files.lstat(partial))).mtimeMs;
    });
  }

  async #unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (causeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}
