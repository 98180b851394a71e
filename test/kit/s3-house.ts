/** A stand-in for a storage server, and blobs over it, fresh for each test: for what a real server cannot be made to do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createS3Blobs } from '../../server/adapters/blobs-s3/blobs.ts';
import type { Blobs } from '../../server/ports/blobs.ts';
import type { Clock } from '../../server/ports/clock.ts';
import type { S3Place } from '../../server/s3-place.ts';
import { chunks, sha, textOf } from './blob-kit.ts';
import { createFakeClock } from './fake-clock.ts';
import { createSeededRandom } from './seeded-random.ts';
import { startS3StandIn, type S3StandIn, type S3StandInOptions } from './services/s3-stand-in.ts';

export const TEXT = 'hello world';
export const HASH = sha(TEXT);
export const KEY = `blobs/${HASH.slice(0, 2)}/${HASH.slice(2)}`;
export const SECRET = 'never to be said';

interface Special {
  readonly clock?: Clock;
  readonly place?: Partial<S3Place>;
  readonly limits?: Partial<Limits>;
}

export interface S3House {
  readonly folder: string;
  readonly server: S3StandIn;
  /** Another server in the place of this one. */
  serveWith(options: S3StandInOptions): Promise<void>;
  /** Blobs at the server of now; they hurry unless they get a clock. */
  create(special?: Special): Blobs;
}

export function useS3(): S3House {
  let folder: string;
  let server: S3StandIn;
  const open: Blobs[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'landline-s3-'));
    server = await startS3StandIn();
  });
  afterEach(async () => {
    for (const blobs of open.splice(0)) blobs.close();
    await server.dispose();
    rmSync(folder, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    get server() {
      return server;
    },
    async serveWith(options) {
      await server.dispose();
      server = await startS3StandIn(options);
    },
    create({ clock = hurried().clock, place = {}, limits = {} } = {}) {
      const { address, bucket } = server;
      const blobs = createS3Blobs({
        place: {
          address,
          bucket,
          prefix: 'blobs/',
          region: 'here',
          keyId: 'us',
          secret: SECRET,
          ...place,
        },
        spool: join(folder, 'spool'),
        clock,
        random: createSeededRandom('s3'),
        limits: { ...DEFAULT_LIMITS, ...limits },
      });
      open.push(blobs);
      return blobs;
    },
  };
}

/** Waits between attempts are over at once, and remembered; nobody's patience ends. */
export function hurried(): { readonly clock: Clock; readonly waits: number[] } {
  const waits: number[] = [];
  const after: Clock['after'] = (ms, run) => {
    if (ms >= DEFAULT_LIMITS.blobAnswerMs) return () => undefined;
    waits.push(ms);
    const soon = setImmediate(run);
    return () => clearImmediate(soon);
  };
  return { clock: { ...createFakeClock(), after }, waits };
}

export const put = (blobs: Blobs, ...pieces: readonly (string | Uint8Array)[]) =>
  blobs.put(chunks(...(pieces.length === 0 ? [TEXT] : pieces)), { maxBytes: 100_000_000 });
export const read = async (blobs: Blobs, hash = HASH): Promise<string | undefined> =>
  textOf(await blobs.read(hash));
/** What `rejects.toMatchObject` holds a fault of blobs against. */
export const unavailable = (kind: string, words: string | RegExp = '') => ({
  name: 'BlobsUnavailable',
  kind,
  message: words instanceof RegExp ? expect.stringMatching(words) : expect.stringContaining(words),
});
