/** What all adapters of blobs share: how a blob is named, where its name leads, and content that is held against its name. */
import { createHash } from 'node:crypto';
import { BlobDamaged, type BlobHash } from '../ports/blobs.ts';

const HASH = /^[0-9a-f]{64}$/;
const SHARD = /^[0-9a-f]{2}$/;

export const isHash = (text: string): text is BlobHash => HASH.test(text);
export const isShard = (text: string): boolean => SHARD.test(text);

/** Blobs lie in 256 shards by their first two digits, so that no folder grows without end: `ab/cdef…`. */
export const pathOf = (hash: BlobHash): string => `${hash.slice(0, 2)}/${hash.slice(2)}`;

/** The span of a blob of this size that was asked for, clamped to what there is. */
export function clamp(
  size: number,
  span?: { readonly from: number; readonly to: number },
): { readonly from: number; readonly to: number } {
  const from = Math.min(Math.max(0, span?.from ?? 0), size);
  return { from, to: Math.min(Math.max(from, span?.to ?? size), size) };
}

/**
 * The content as it comes, one chunk late: who gets the last one has got what the name says.
 * @throws BlobDamaged  in place of the last chunk
 */
export async function* checked(
  content: AsyncIterable<Uint8Array>,
  expected: BlobHash,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of content) {
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (hash.digest('hex') !== expected) throw new BlobDamaged(expected);
  if (held) yield held;
}
