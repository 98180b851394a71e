/**
 * Content on its way to a storage server. Its name is its hash, so it has to be here whole before the first byte can go there; and when
 * the connection breaks it is still here. It waits in a file that has no name any more: nothing is left of it, however we end.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Result } from '../../../protocol/result.ts';
import type { Blob } from '../../ports/blobs.ts';
import type { Random } from '../../ports/clock.ts';
import type { DiskCalls } from '../disk-calls.ts';
import { readContent, writeContent } from '../disk-content.ts';

export interface Spooled extends Blob {
  /** The content from its beginning, as often as it is asked for. @throws BlobsUnavailable */
  open(): AsyncIterable<Uint8Array>;
}

export interface SpoolParts {
  /** Of this relay alone; made if there is none. */
  readonly folder: string;
  readonly random: Random;
  readonly call: DiskCalls['run'];
}

/**
 * Gives the content to `work` once it is here.
 * @throws BlobsUnavailable, or what the content threw
 */
export async function withSpooled<T, E>(
  { folder, random, call }: SpoolParts,
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
  work: (spooled: Spooled) => Promise<Result<T, E>>,
): Promise<Result<T, E | 'too-large'>> {
  const path = join(folder, Buffer.from(random.bytes(16)).toString('hex'));
  await call(() => mkdir(folder, { recursive: true, mode: 0o700 }));
  const file = await call(
    () => open(path, 'wx+', 0o600),
    (late) => void forget(late, path),
  );
  try {
    await call(() => unlink(path));
    const written = await writeContent(call, file, content, maxBytes, { isSynced: false });
    if (!written.ok) return written;
    const { bytes } = written.value;
    return await work({ ...written.value, open: () => readContent(call, file, 0, bytes) });
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function forget(file: FileHandle, path: string): Promise<void> {
  await Promise.allSettled([file.close(), unlink(path)]);
}

/** A few words that need no file. */
export function contentFrom(words: string): Spooled {
  const bytes = Buffer.from(words);
  return {
    hash: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    open: () => Readable.from([bytes]),
  };
}
