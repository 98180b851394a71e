/** Randomness that a test can replay: the same seed, the same bytes (SHA-256 in counter mode). */
import { createHash } from 'node:crypto';

export interface SeededRandom {
  bytes(length: number): Uint8Array;
  fraction(): number;
}

export function createSeededRandom(seed: string | number): SeededRandom {
  let counter = 0;
  let pool = Buffer.alloc(0);
  const bytes = (length: number): Uint8Array => {
    while (pool.length < length)
      pool = Buffer.concat([pool, createHash('sha256').update(`${seed}/${counter++}`).digest()]);
    const taken = new Uint8Array(pool.subarray(0, length));
    pool = pool.subarray(length);
    return taken;
  };
  return { bytes, fraction: () => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32 };
}
