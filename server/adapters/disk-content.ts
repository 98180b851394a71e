/** Content on its way to a file and from it, piece by piece. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { Blob } from '../ports/blobs.ts';
import type { DiskCalls } from './disk-calls.ts';

const CHUNK_BYTES = 64 * 1024;
/** One call writes no more, and leaves no more for one sync: a slow disk would need longer for it than anybody waits. */
const CALL_BYTES = 1024 * 1024;
const SYNC_BYTES = 8 * CALL_BYTES;

/**
 * Writes the content, and tells what it is. An error of the source is passed on as it is.
 * @param isSynced  and has it on the disk; else that is nobody's business
 * @throws BlobsUnavailable
 */
export async function writeContent(
  call: DiskCalls['run'],
  file: FileHandle,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
  { isSynced }: { readonly isSynced: boolean },
): Promise<Result<Blob, 'too-large'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  let unsynced = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > maxBytes) return fail('too-large');
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) {
      const from = at;
      at += (await call(() => file.write(chunk, from, Math.min(CALL_BYTES, chunk.length - from))))
        .bytesWritten;
      unsynced += at - from;
      if (isSynced && unsynced >= SYNC_BYTES) {
        await call(() => file.sync());
        unsynced = 0;
      }
    }
  }
  if (isSynced) await call(() => file.sync());
  return ok({ hash: hash.digest('hex'), bytes });
}

/** The bytes `from` up to but without `to`; fewer where the file ends before. @throws BlobsUnavailable */
export async function* readContent(
  call: DiskCalls['run'],
  file: FileHandle,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
    const position = at;
    const { bytesRead } = await call(() => file.read(chunk, 0, chunk.length, position));
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
