/** Content for blobs, and what came of it. */
import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createDiskBlobs } from '../../server/adapters/blobs-disk.ts';
import { createS3Blobs } from '../../server/adapters/blobs-s3/blobs.ts';
import { createExchange } from '../../server/adapters/blobs-s3/exchange.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import type { Blobs } from '../../server/ports/blobs.ts';
import { readS3Place } from '../../server/s3-place.ts';

/** As a relay has them that was told of this place: a folder, or the file of a storage server. */
export function blobsAt(place: string, data: string): Blobs {
  const parts = { clock: systemClock, random: systemRandom, limits: DEFAULT_LIMITS };
  if (statSync(place).isDirectory()) return createDiskBlobs({ ...parts, folder: place });
  return createS3Blobs({ ...parts, place: readS3Place(place), spool: join(data, 'spool') });
}

/** Describes a storage server in a file, as an operator does, and makes the bucket. @returns the file */
export async function describeServer(
  folder: string,
  {
    address,
    keyId = 'us',
    secret = 'ours',
  }: { readonly address: URL; readonly keyId?: string; readonly secret?: string },
): Promise<string> {
  const file = join(folder, 's3.json');
  writeFileSync(
    join(folder, 'keys.json'),
    JSON.stringify({ accessKeyId: keyId, secretAccessKey: secret }),
    { mode: 0o600 },
  );
  writeFileSync(
    file,
    JSON.stringify({
      address: address.origin,
      bucket: 'landline',
      prefix: 'blobs/',
      secrets: 'keys.json',
    }),
  );
  const exchange = createExchange({
    place: readS3Place(file),
    clock: systemClock,
    limits: DEFAULT_LIMITS,
  });
  const { status } = await exchange.send({ method: 'PUT' });
  exchange.close();
  if (status !== 200) throw new Error(`no bucket could be made (${status})`);
  return file;
}

export const sha = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** As it comes from elsewhere: piece by piece, each a little later. */
export async function* chunks(
  ...pieces: readonly (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function textOf(
  content: AsyncIterable<Uint8Array> | undefined,
): Promise<string | undefined> {
  return content && Buffer.concat(await collect(content)).toString();
}

export const namesIn = async (blobs: Blobs): Promise<readonly string[]> =>
  (await collect(blobs.names())).toSorted();
