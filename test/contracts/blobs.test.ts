/** The contract of the blobs port, over every adapter there is. A new adapter is one more entry in `ADAPTERS`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createDiskBlobs } from '../../server/adapters/blobs-disk.ts';
import { createS3Blobs } from '../../server/adapters/blobs-s3/blobs.ts';
import { createExchange, type Ask } from '../../server/adapters/blobs-s3/exchange.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { MARK_BYTES, type Blobs } from '../../server/ports/blobs.ts';
import type { S3Place } from '../../server/s3-place.ts';
import { chunks, collect, namesIn, sha, textOf } from '../kit/blob-kit.ts';
import { HAS_CEPH, startCeph } from '../kit/services/ceph.ts';
import { startS3StandIn } from '../kit/services/s3-stand-in.ts';

interface Adapter {
  readonly name: string;
  /** The same place is the same blobs. */
  open(place: string, limits?: Partial<typeof DEFAULT_LIMITS>): Promise<Blobs>;
  /** Puts other content under the name, behind the adapter's back. */
  spoil(place: string, hash: string, content: string): Promise<void>;
}

const disk: Adapter = {
  name: 'disk',
  async open(place, limits) {
    mkdirSync(place, { recursive: true });
    const blobs = createDiskBlobs({
      folder: place,
      clock: systemClock,
      random: systemRandom,
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    await blobs.prepare();
    return blobs;
  },
  spoil: (place, hash, content) =>
    Promise.resolve(writeFileSync(join(place, hash.slice(0, 2), hash.slice(2)), content)),
};

/** A place is a prefix of its own. */
function s3(
  name: string,
  start: () => Promise<Omit<S3Place, 'bucket' | 'region' | 'prefix'>>,
): Adapter {
  let server: Promise<S3Place> | undefined;
  const placeOf = async (place: string): Promise<S3Place> => {
    server ??= start().then(async (account) => {
      const found = { ...account, bucket: 'landline', region: 'us-east-1', prefix: '' };
      await ask(found, { method: 'PUT' });
      return found;
    });
    return { ...(await server), prefix: `${basename(dirname(place))}/` };
  };
  const ask = async (place: S3Place, what: Ask): Promise<void> => {
    const exchange = createExchange({ place, clock: systemClock, limits: DEFAULT_LIMITS });
    await collect((await exchange.send(what)).content);
    exchange.close();
  };
  return {
    name,
    async open(place, limits) {
      const blobs = createS3Blobs({
        place: await placeOf(place),
        spool: join(place, 'spool'),
        clock: systemClock,
        random: systemRandom,
        limits: { ...DEFAULT_LIMITS, ...limits },
      });
      await blobs.prepare();
      return blobs;
    },
    async spoil(place, hash, content) {
      const key = `${hash.slice(0, 2)}/${hash.slice(2)}`;
      const body = { bytes: content.length, hash: sha(content), open: () => chunks(content) };
      await ask(await placeOf(place), { method: 'PUT', key, content: body });
    },
  };
}

const ends: (() => Promise<void>)[] = [];
afterAll(async () => void (await Promise.all(ends.map((end) => end()))));
const standIn = s3('S3, a stand-in', async () => {
  const server = await startS3StandIn({ listKeys: 3 });
  ends.push(server.dispose);
  return { address: server.address, keyId: 'us', secret: 'ours' };
});
const ceph = s3('S3, Ceph', async () => {
  const server = await startCeph();
  ends.push(server.dispose);
  return server;
});

/** Each call is another relay's, over the same place. */
const shared = (one: Adapter): Adapter => ({
  ...one,
  name: `${one.name}, shared by two`,
  async open(place, limits) {
    const relays = [await one.open(place, limits), await one.open(place, limits)];
    let calls = 0;
    const next = (): Blobs => relays[calls++ % 2] as Blobs;
    return {
      put: (...args) => next().put(...args),
      size: (...args) => next().size(...args),
      read: (...args) => next().read(...args),
      remove: (...args) => next().remove(...args),
      names: () => next().names(),
      prepare: () => next().prepare(),
      sweep: () => next().sweep(),
      probe: () => next().probe(),
      mark: () => next().mark(),
      leaveMark: (...args) => next().leaveMark(...args),
      close: () => relays.forEach((relay) => relay.close()),
    };
  },
});

const ADAPTERS = [disk, standIn, ...(HAS_CEPH ? [ceph] : [])].flatMap((adapter) => [
  adapter,
  shared(adapter),
]);

describe.each(ADAPTERS)('blobs ($name)', ({ open, spoil }) => {
  let place: string;
  let blobs: Blobs;
  beforeEach(async () => {
    place = join(mkdtempSync(join(tmpdir(), 'landline-blobs-')), 'blobs');
    blobs = await open(place);
    // For the first, a server is started.
  });
  afterEach(() => {
    blobs.close();
    rmSync(join(place, '..'), { recursive: true, force: true });
  });
  const put = (...texts: string[]) => blobs.put(chunks(...texts), { maxBytes: 1_000_000 });

  test('are kept under the hash of their content', async () => {
    expect(await put('hello ', 'world')).toEqual({
      ok: true,
      value: { hash: sha('hello world'), bytes: 11 },
    });
    expect(await textOf(await blobs.read(sha('hello world')))).toBe('hello world');
    expect(await blobs.size(sha('hello world'))).toBe(11);
    expect(await namesIn(blobs)).toEqual([sha('hello world')]);
  });

  test('are still there when opened again', async () => {
    await put('x');
    expect(await textOf(await (await open(place)).read(sha('x')))).toBe('x');
  });

  test('of the same content are one', async () => {
    expect(await put('x')).toEqual(await put('x'));
    await Promise.all(Array.from({ length: 10 }, () => put('y')));
    expect(await namesIn(blobs)).toEqual([sha('x'), sha('y')].sort());
  });

  test('may be empty, and large', async () => {
    const large = 'z'.repeat(300_000);
    expect(await put('')).toMatchObject({ value: { bytes: 0 } });
    expect(await textOf(await blobs.read(sha('')))).toBe('');
    await put(large);
    expect(await textOf(await blobs.read(sha(large)))).toBe(large);
  });

  test('are read in part, clamped to what there is', async () => {
    await put('0123456789');
    const part = async (from: number, to: number) =>
      textOf(await blobs.read(sha('0123456789'), { from, to }));
    expect([
      await part(2, 5),
      await part(8, 99),
      await part(20, 30),
      await part(-5, 2),
      await part(5, 2),
    ]).toEqual(['234', '89', '', '01', '']);
  });

  test('that are too large or not what was promised leave nothing', async () => {
    expect(await blobs.put(chunks('12345', '6'), { maxBytes: 5 })).toEqual({
      ok: false,
      error: 'too-large',
    });
    expect(await blobs.put(chunks('12345'), { maxBytes: 5, hash: sha('other') })).toEqual({
      ok: false,
      error: 'wrong-hash',
    });
    expect(await blobs.put(chunks('12345'), { maxBytes: 5, hash: sha('12345') })).toMatchObject({
      ok: true,
    });
    expect(await namesIn(blobs)).toEqual([sha('12345')]);
  });

  test('are never larger than blobBytes, whoever asks', async () => {
    const small = await open(place, { blobBytes: 5 });
    expect(await small.put(chunks('123456'), { maxBytes: 100 })).toEqual({
      ok: false,
      error: 'too-large',
    });
    expect(await small.put(chunks('12345'), { maxBytes: 100 })).toMatchObject({ ok: true });
    small.close();
  });

  test('whose source fails half-way leave nothing, and the error is its own', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      await Promise.resolve();
      throw new Error('the line broke');
    }
    await expect(blobs.put(broken(), { maxBytes: 100 })).rejects.toThrow('the line broke');
    expect(await namesIn(blobs)).toEqual([]);
  });

  test('that were removed are gone, and removing nothing is fine', async () => {
    await put('x');
    await blobs.remove(sha('x'));
    await blobs.remove(sha('x'));
    expect([await blobs.read(sha('x')), await blobs.size(sha('x'))]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.each([
    '../../etc/passwd',
    '',
    'ABCDEF',
    `${'a'.repeat(63)}/`,
    `${'a'.repeat(64)}\n`,
    `..${'/x'.repeat(31)}`,
  ])('have no other names: %j', async (name) => {
    expect([await blobs.read(name), await blobs.size(name)]).toEqual([undefined, undefined]);
    await blobs.remove(name);
  });

  test.each(['another text.', 'short', 'longer than the hello world that was'])(
    'that are damaged (%j) are not given out as if they were whole, and are mended by putting them again',
    async (content) => {
      await put('hello, world.');
      const hash = sha('hello, world.');
      await spoil(place, hash, content);
      await expect(blobs.read(hash).then(textOf)).rejects.toMatchObject({
        name: 'BlobDamaged',
        hash,
      });
      expect(await put('hello, world.')).toMatchObject({ ok: true });
      expect(await textOf(await blobs.read(hash))).toBe('hello, world.');
    },
  );

  test('leave a place that is known again by the words left there, the first of them', async () => {
    expect(await blobs.mark()).toBeUndefined();
    expect(await blobs.leaveMark('one')).toBe('one');
    expect(await blobs.leaveMark('another')).toBe('one');
    expect(await (await open(place)).mark()).toBe('one');
    expect(await namesIn(blobs)).toEqual([]);
  });

  test('leave marks of MARK_BYTES', async () => {
    const words = 'm'.repeat(MARK_BYTES);
    expect(await blobs.leaveMark(words)).toBe(words);
  });

  test('leave nothing of a probe, and nothing to sweep', async () => {
    await blobs.probe();
    await put('x');
    expect([await blobs.sweep(), await namesIn(blobs)]).toEqual([0, [sha('x')]]);
  });
});
