/**
 * Blobs as files: `<folder>/ab/cdef…`, named by their SHA-256. A blob is written beside its place, synced, renamed into it, and the
 * folder is synced too, so that under a name there is the whole content or nothing, also after a power cut. Symbolic links in the
 * folder are not followed: what is not a plain file is not a blob.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { BlobsUnavailable, type Blob, type BlobFault, type BlobHash, type Blobs } from '../ports/blobs.ts';
import type { Random } from '../ports/clock.ts';

export interface DiskBlobsParts {
  /** Made if there is none. Nothing else may live in it. */
  readonly folder: string;
  readonly random: Random;
}

const HASH = /^[0-9a-f]{64}$/;
const PARTIAL = '.partial';
const CHUNK_BYTES = 64 * 1024;

export async function openDiskBlobs({ folder, random }: DiskBlobsParts): Promise<Blobs> {
  const incoming = join(folder, PARTIAL);
  await guarded(async () => {
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    // What a crash left half-written belongs to nobody.
    for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true });
  });
  const placeOf = (hash: BlobHash): string => join(folder, hash.slice(0, 2), hash.slice(2));

  return {
    async put(content, expect) {
      const partial = join(incoming, Buffer.from(random.bytes(16)).toString('hex'));
      try {
        const written = await write(partial, content, expect.maxBytes);
        if (!written.ok) return written;
        const { hash } = written.value;
        if (expect.hash !== undefined && expect.hash !== hash) return fail('wrong-hash');
        await guarded(() => settle(partial, placeOf(hash)));
        return written;
      } finally {
        await rm(partial, { force: true });
      }
    },
    async size(hash) {
      return HASH.test(hash) ? (await plainFile(placeOf(hash)))?.size : undefined;
    },
    async read(hash, span) {
      const path = HASH.test(hash) ? placeOf(hash) : undefined;
      const file = path === undefined ? undefined : await plainFile(path);
      if (path === undefined || !file) return undefined;
      const from = Math.min(Math.max(0, span?.from ?? 0), file.size);
      const to = Math.min(Math.max(from, span?.to ?? file.size), file.size);
      return bytes(path, from, to);
    },
    async remove(hash) {
      if (!HASH.test(hash)) return;
      const path = placeOf(hash);
      await guarded(async () => {
        try {
          await unlink(path);
        } catch (error) {
          if (isMissing(error)) return;
          throw error;
        }
        await syncFolder(dirname(path));
      });
    },
    async *names() {
      for (const first of await guarded(() => readdir(folder))) {
        if (!/^[0-9a-f]{2}$/.test(first)) continue;
        for (const rest of await guarded(() => readdir(join(folder, first)))) {
          if (HASH.test(first + rest)) yield first + rest;
        }
      }
    },
  };
}

/** The content at `partial`, synced. An error of the source is passed on as it is. */
async function write(partial: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Result<Blob, BlobFault>> {
  const file = await guarded(() => open(partial, 'wx', 0o600));
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > maxBytes) return fail('too-large');
      hash.update(chunk);
      await guarded(() => writeAll(file, chunk));
    }
    await guarded(() => file.sync());
    return ok({ hash: hash.digest('hex'), bytes: size });
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let at = 0;
  while (at < chunk.length) at += (await file.write(chunk, at)).bytesWritten;
}

async function settle(partial: string, place: string): Promise<void> {
  const folder = dirname(place);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  await rename(partial, place);
  await syncFolder(folder);
  if (made !== undefined) await syncFolder(dirname(folder));
}

/** A rename or removal is durable when its folder is. Windows keeps folders by itself and cannot open them. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function plainFile(path: string): Promise<{ readonly size: number } | undefined> {
  return guarded(async () => {
    try {
      const found = await lstat(path);
      return found.isFile() ? { size: found.size } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

async function* bytes(path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
  const file = await guarded(() => open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)));
  try {
    for (let at = from; at < to;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
      const { bytesRead } = await guarded(() => file.read(chunk, 0, chunk.length, at));
      if (bytesRead === 0) throw new BlobsUnavailable('a blob became shorter while it was read');
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const isMissing = (error: unknown): boolean => (error as { readonly code?: unknown }).code === 'ENOENT';

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (error instanceof BlobsUnavailable || typeof code !== 'string') throw error;
    throw new BlobsUnavailable(`the disk cannot do that now (${code})`, { cause: error });
  }
}
