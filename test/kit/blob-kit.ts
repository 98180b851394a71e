/** Content for blobs, and what came of it. */
import { createHash } from 'node:crypto';
import type { Blobs } from '../../server/ports/blobs.ts';

export const sha = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** As it comes from elsewhere: piece by piece, each a little later. */
export async function* chunks(...pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function textOf(content: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  return content && Buffer.concat(await collect(content)).toString();
}

export const namesIn = async (blobs: Blobs): Promise<readonly string[]> => (await collect(blobs.names())).toSorted();
