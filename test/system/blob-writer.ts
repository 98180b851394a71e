/**
 * A relay's hand at the blobs, as a process of its own that can be killed: `blob-writer.ts <data folder> <place> <seed> [stalls]`. It says that
 * it is ready, and for each line `<from> <to>` puts the contents of those numbers, reads what it kept, and says in lines of JSON what came of
 * it. Writers of one seed have the same contents.
 */
import { createInterface } from 'node:readline';
import { BlobsUnavailable } from '../../server/ports/blobs.ts';
import { blobsAt, chunks, collect, sha } from '../kit/blob-kit.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';

export type WriterLine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'kept'; readonly hash: string; readonly bytes: number }
  | { readonly kind: 'refused'; readonly why: string }
  /** The first half of a content is written; the other does not come. */
  | { readonly kind: 'stalled' }
  /** What was kept is not what is read. */
  | { readonly kind: 'wrong'; readonly hash: string; readonly what: string };

const PIECE_BYTES = 16 * 1024;
const MOST_PIECES = 12;
const [, , data = '', place = '', seed = '', stalls] = process.argv;

const say = (line: WriterLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const blobs = blobsAt(place, data);
await blobs.prepare();
if (stalls !== undefined) await blobs.put(half(), { maxBytes: 1e9 });

say({ kind: 'ready' });
const kept: string[] = [];
// Ends with whoever started us.
for await (const line of createInterface({ input: process.stdin })) {
  const [from = 0, to = 0] = line.split(' ').map(Number);
  for (let n = from; n < to; n++) await work(n);
}
process.exit(0);

async function work(n: number): Promise<void> {
  const random = createSeededRandom(`${seed}/${n}`);
  const pieces = Array.from({ length: 1 + Math.floor(random.fraction() * MOST_PIECES) }, () =>
    random.bytes(PIECE_BYTES),
  );
  try {
    const put = await blobs.put(chunks(...pieces), { maxBytes: 1e9 });
    if (!put.ok) throw new Error(put.error);
    kept.push(put.value.hash);
    say({ kind: 'kept', ...put.value });
    await check(kept[Math.floor(random.fraction() * kept.length)] ?? '');
    if (n % 8 === 0) await blobs.sweep();
  } catch (error) {
    if (!(error instanceof BlobsUnavailable)) throw error;
    say({ kind: 'refused', why: `${error.kind}: ${error.message}` });
  }
}

async function check(hash: string): Promise<void> {
  const content = await blobs.read(hash);
  if (!content) return say({ kind: 'wrong', hash, what: 'not there' });
  if (sha(Buffer.concat(await collect(content))) !== hash)
    say({ kind: 'wrong', hash, what: 'another content' });
}

async function* half(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(PIECE_BYTES, seed);
  say({ kind: 'stalled' });
  await new Promise(() => undefined);
}
