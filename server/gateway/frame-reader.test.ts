/** What the frame reader makes of bytes: the same as the reader of `ws`, however they are cut, and no more memory than came. */
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { frame, type FrameShape } from '../../test/kit/socket-kit.ts';
import { FrameReader } from './frame-reader.ts';

/** The reader inside `ws`, which its types do not tell of. */
type WsReader = new (options: Readonly<Record<string, unknown>>) => Writable;
const { Receiver } = ws as unknown as { readonly Receiver: WsReader };

const LIMITS = { frameBytes: 1_000, frameFragments: 5 };

type Found =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: number }
  | { readonly kind: 'ping'; readonly data: string }
  | { readonly kind: 'pong' }
  | { readonly kind: 'bye' | 'broken'; readonly code: number };

function read(chunks: readonly Buffer[], limits = LIMITS): readonly Found[] {
  const found: Found[] = [];
  const reader = new FrameReader(limits, {
    text: (text, bytes) => found.push({ kind: 'text', text, bytes }),
    pinged: (data) => found.push({ kind: 'ping', data: data.toString('hex') }),
    ponged: () => found.push({ kind: 'pong' }),
    bye: (code) => found.push({ kind: 'bye', code }),
    broken: (code) => found.push({ kind: 'broken', code }),
  });
  // Copies: the reader takes the masks off in place.
  for (const chunk of chunks) reader.take(Buffer.from(chunk));
  return found;
}

/** The same bytes as `ws` reads them, in the same words. */
async function readAsWs(bytes: Buffer): Promise<readonly Found[]> {
  const found: Found[] = [];
  const receiver = new Receiver({
    isServer: true,
    allowSynchronousEvents: true,
    maxPayload: LIMITS.frameBytes,
    maxFragments: LIMITS.frameFragments,
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    found.push(
      isBinary
        ? { kind: 'broken', code: 1003 }
        : { kind: 'text', text: data.toString(), bytes: data.length },
    );
  });
  receiver.on('ping', (data: Buffer) => found.push({ kind: 'ping', data: data.toString('hex') }));
  receiver.on('pong', () => found.push({ kind: 'pong' }));
  receiver.on('conclude', (code: number) => found.push({ kind: 'bye', code }));
  receiver.on('error', (error: Error & { [key: symbol]: unknown }) => {
    const status = Object.getOwnPropertySymbols(error).find(
      (symbol) => symbol.description === 'status-code',
    );
    found.push({ kind: 'broken', code: status === undefined ? 0 : Number(error[status]) });
  });
  receiver.write(Buffer.from(bytes));
  // A stream tells of its error a little later.
  await new Promise((resolve) => setImmediate(resolve));
  return found;
}

/** Cut at each of these places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [...sorted, bytes.length].map((place, i) => bytes.subarray(sorted[i - 1] ?? 0, place));
}

const bodies = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 120, max: 1_010 }).map((length) => Buffer.alloc(length, 'a')),
);
const closings = fc
  .tuple(
    fc.oneof(fc.integer({ min: 990, max: 1_020 }), fc.integer({ min: 2_990, max: 5_010 })),
    fc.string({ maxLength: 20 }),
  )
  .map(([code, why]) => Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(why)]));
const honest = fc.oneof(
  {
    weight: 6,
    arbitrary: bodies.map((payload): readonly FrameShape[] => [{ opcode: 1, payload }]),
  },
  {
    weight: 3,
    arbitrary: fc
      .array(bodies, { minLength: 2, maxLength: 7 })
      .map((parts): readonly FrameShape[] =>
        parts.map((payload, i) => ({
          opcode: i === 0 ? 1 : 0,
          payload,
          isFinal: i === parts.length - 1,
        })),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(9, 10)
      .map((opcode): readonly FrameShape[] => [{ opcode, payload: 'still there' }]),
  },
);
const odd = fc.record({
  opcode: fc.integer({ min: 0, max: 15 }),
  payload: fc.oneof(bodies, closings),
  isFinal: fc.boolean(),
  isMasked: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  reserved: fc.constantFrom(0, 0, 0, 0, 0, 0x10, 0x20, 0x40),
});
const closing = fc
  .oneof(closings, bodies)
  .map((payload): readonly FrameShape[] => [{ opcode: 8, payload: payload.subarray(0, 125) }]);
const frames = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: honest },
      { weight: 2, arbitrary: odd.map((shape): readonly FrameShape[] => [shape]) },
      { weight: 1, arbitrary: closing },
    ),
    { maxLength: 8 },
  )
  .map((groups) => groups.flat());
const places = fc.array(fc.nat(), { maxLength: 12 });

describe('whatever comes, cut anywhere, is read as ws reads it', () => {
  test('frames, honest and odd', async () => {
    await fc.assert(
      fc.asyncProperty(frames, places, async (shapes, at) => {
        const bytes = Buffer.concat(shapes.map(frame));
        // `ws` reads a binary message before it can be refused; here its first byte is enough.
        fc.pre(!shapes.some(({ opcode }) => opcode === 2));
        expect(read(cut(bytes, at))).toEqual(await readAsWs(bytes));
      }),
      { numRuns: 3_000, seed: 1 },
    );
  });

  test('bytes with some of them changed', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(frames, changes, places, async (shapes, changed, at) => {
        const bytes = Buffer.concat(shapes.map(frame));
        fc.pre(bytes.length > 0);
        for (const [where, byte] of changed) bytes[where % bytes.length] = byte;
        const mine = read(cut(bytes, at));
        expect(mine).toEqual(read([bytes]));
        if (mine.some((one) => one.kind === 'broken' && one.code === 1003)) return;
        expect(mine).toEqual(await readAsWs(bytes));
      }),
      { numRuns: 3_000, seed: 2 },
    );
  });
});

test('one byte at a time says the same as all at once', () => {
  const shapes: readonly FrameShape[] = [
    { opcode: 1, payload: 'wire' },
    { opcode: 1, payload: '線'.repeat(100), isFinal: false },
    { opcode: 9, payload: 'there?' },
    { opcode: 0, payload: 'x'.repeat(200) },
    { opcode: 8, payload: Buffer.from([0x0f, 0xa0]) },
  ];
  const bytes = Buffer.concat(shapes.map(frame));
  const each = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
  expect(read(each)).toEqual(read([bytes]));
  expect(read(each).map(({ kind }) => kind)).toEqual(['text', 'ping', 'text', 'bye']);
});

test('a binary message is refused by its first bytes', () => {
  expect(read([frame({ opcode: 2, payload: 'x'.repeat(500) }).subarray(0, 2)])).toEqual([
    { kind: 'broken', code: 1003 },
  ]);
});

test('a size beyond the limit is refused by the header, and nothing after a fault is read', () => {
  const header = frame({ opcode: 1, claims: 2n ** 63n - 1n }).subarray(0, 10);
  const after = frame({ opcode: 1, payload: 'more' });
  expect(read([header, after])).toEqual([{ kind: 'broken', code: 1009 }]);
});

test('a frame that is claimed and does not come takes no room', () => {
  const limits = { frameBytes: 64 * 1024 * 1024, frameFragments: 5 };
  const begun = frame({ opcode: 1, claims: 60n * 1024n * 1024n }).subarray(0, 14);
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 50 }, () => {
    const reader = new FrameReader(limits, {
      text: () => undefined,
      pinged: () => undefined,
      ponged: () => undefined,
      bye: () => undefined,
      broken: () => undefined,
    });
    reader.take(Buffer.from(begun));
    return reader;
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(
    readers.length * 1024 + 1024 * 1024,
  );
});
