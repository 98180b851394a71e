/** A disk, and a share, as they are on bad days. The contract is in `test/contracts/blobs.test.ts`, processes in `test/system`. */
import * as realFiles from 'node:fs/promises';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { chunks, collect, sha, textOf as textIn } from '../../test/kit/blob-kit.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { MARK_NAME, type Blobs } from '../ports/blobs.ts';
import { createDiskBlobs, type DiskFiles } from './blobs-disk.ts';

const { blobLeftoverMs, blobAnswerMs, blobDiskCalls } = DEFAULT_LIMITS;
const TEXT = 'hello world';
const HASH = sha(TEXT);
const random = createSeededRandom('disk');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-blobs-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const partial = (): string => join(folder, '.partial');
const placeOf = (hash: string): string => join(folder, hash.slice(0, 2), hash.slice(2));
const put = (blobs: Blobs) => blobs.put(chunks(TEXT), { maxBytes: 100 });
const textOf = async (blobs: Blobs): Promise<string | undefined> => textIn(await blobs.read(HASH));

const create = (files?: DiskFiles, clock = createFakeClock()): Blobs =>
  createDiskBlobs({ folder, clock, random, limits: DEFAULT_LIMITS, ...(files ? { files } : {}) });
async function ready(files?: DiskFiles): Promise<Blobs> {
  const blobs = create(files);
  await blobs.prepare();
  return blobs;
}

/** What the calls of a disk are called where one of them goes wrong. */
type CallName = keyof DiskFiles | 'write' | 'read' | 'sync' | 'close';

/** The real disk, on which `before` is heard ahead of each call and may have it fail. */
function watched(before: (name: CallName) => void | Promise<void>): DiskFiles {
  const heard =
    <A extends readonly unknown[], R>(name: CallName, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await before(name);
      return call(...args);
    };
  const handle = (file: FileHandle): FileHandle =>
    new Proxy(file, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = (value as (...args: unknown[]) => Promise<unknown>).bind(target);
        if (name === 'close') return async () => void (await call(), await before('close'));
        return name === 'write' || name === 'read' || name === 'sync' ? heard(name, call) : call;
      },
    });
  const { open, ...others } = realFiles;
  const calls: DiskFiles = {
    ...Object.fromEntries(
      (['link', 'lstat', 'mkdir', 'readdir', 'rename', 'unlink'] as const).map((name) => [
        name,
        heard(name, others[name] as never),
      ]),
    ),
    open: async (...args: Parameters<typeof open>) => {
      await before('open');
      return handle(await open(...args));
    },
  } as DiskFiles;
  return calls;
}
const fault = (code: string): Error => Object.assign(new Error(`${code}: planted`), { code });
/** Fails the call with this number (from 0), once. */
function failingAt(
  at: number,
  code: string,
): { readonly files: DiskFiles; readonly calls: () => number } {
  let calls = 0;
  return {
    files: watched(() => {
      if (calls++ === at) throw fault(code);
    }),
    calls: () => calls,
  };
}

describe('a disk that fails', () => {
  const KINDS = [
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['EACCES', 'not-allowed'],
    ['EROFS', 'not-allowed'],
    ['ESTALE', 'away'],
    ['ENOTCONN', 'away'],
    ['EIO', 'failing'],
  ] as const;

  test.each(KINDS)(
    'with %s at any call of a put keeps nothing by halves, says so, and takes the blob when it is well again',
    async (code, kind) => {
      const counted = failingAt(-1, code);
      await (await ready(counted.files)).remove(HASH);
      const before = counted.calls();
      await put(create(counted.files));
      const inPut = counted.calls() - before;
      expect(inPut).toBeGreaterThan(12);
      for (let at = 0; at < inPut; at++) {
        rmSync(placeOf(HASH), { force: true });
        const failing = create(failingAt(at, code).files);
        const outcome = await put(failing).catch((error: unknown) => error);
        // What cannot be taken away is swept later: that alone is no reason to refuse.
        if (!(outcome instanceof Error))
          expect(outcome).toMatchObject({ ok: true, value: { hash: HASH } });
        else expect(outcome).toMatchObject({ name: 'BlobsUnavailable', kind });
        const after = create();
        const text = await textOf(after);
        if (outcome instanceof Error) expect([undefined, TEXT]).toContain(text);
        else expect(text).toBe(TEXT);
        expect(await put(after)).toMatchObject({ ok: true });
        expect(await textOf(after)).toBe(TEXT);
      }
    },
  );

  test.each(KINDS)('with %s at any call of a question or a removal says so', async (code, kind) => {
    const blobs = await ready();
    const questions: readonly ((asked: Blobs) => Promise<unknown>)[] = [
      (asked) => asked.size(HASH),
      (asked) => textOf(asked),
      (asked) => asked.remove(HASH),
      (asked) => collect(asked.names()),
      (asked) => asked.mark(),
    ];
    for (const question of questions) {
      await put(blobs);
      const counted = failingAt(-1, code);
      await question(create(counted.files));
      for (let at = 0; at < counted.calls(); at++) {
        await put(blobs);
        await expect(question(create(failingAt(at, code).files))).rejects.toMatchObject({
          name: 'BlobsUnavailable',
          kind,
        });
      }
    }
  });

  test('without room, which it tells when the file is closed, acknowledges nothing', async () => {
    const blobs = await ready();
    let closed = 0;
    const files = watched((name) => {
      if (name === 'close' && closed++ === 0) throw fault('EDQUOT');
    });
    await expect(put(create(files))).rejects.toMatchObject({ kind: 'full' });
    expect(await blobs.size(HASH)).toBeUndefined();
  });
});

describe('a blob', () => {
  test('is on the disk before it has its name, and its name before it is answered', async () => {
    await ready();
    const calls: CallName[] = [];
    await put(create(watched((name) => void calls.push(name))));
    const order = calls.filter((name) => ['write', 'sync', 'link', 'unlink'].includes(name));
    // The file; the folder, where a shard is new; the name; the shard.
    expect(order).toEqual(['write', 'sync', 'sync', 'link', 'sync', 'unlink']);
  });

  test('goes to the disk piece by piece, so that no call takes for ever', async () => {
    await ready();
    const calls: CallName[] = [];
    const blobs = create(watched((name) => void calls.push(name)));
    expect(await blobs.put(chunks(Buffer.alloc(20_000_000)), { maxBytes: 1e9 })).toMatchObject({
      ok: true,
    });
    const isWriting = calls
      .slice(0, calls.indexOf('link'))
      .filter((name) => name === 'write' || name === 'sync');
    expect(isWriting.filter((name) => name === 'write')).toHaveLength(20);
    expect(isWriting.indexOf('sync')).toBe(8);
  });

  test('that is there stays the file it is when it is put again, for those who read it', async () => {
    const blobs = await ready();
    await put(blobs);
    const { ino } = statSync(placeOf(HASH));
    await put(create());
    expect(statSync(placeOf(HASH)).ino).toBe(ino);
  });
});

describe('a share', () => {
  test('that knows no links takes blobs by renaming, and does not touch what is there', async () => {
    await ready();
    let renames = 0;
    const files = watched((name) => {
      if (name === 'link') throw fault('ENOTSUP');
      if (name === 'rename') renames++;
    });
    const blobs = create(files);
    expect([await put(blobs), await put(blobs)]).toEqual(
      Array(2).fill({ ok: true, value: { hash: HASH, bytes: TEXT.length } }),
    );
    expect([await textOf(blobs), renames]).toEqual([TEXT, 1]);
    expect([await blobs.leaveMark('one'), await blobs.leaveMark('other')]).toEqual(['one', 'one']);
    expect(readdirSync(partial())).toEqual([]);
  });

  test('that cannot sync a folder still takes blobs; one that fails to does not', async () => {
    await ready();
    const syncing = (code: string): Blobs => {
      let syncs = 0;
      return create(
        watched((name) => {
          // The first is the file's own.
          if (name === 'sync' && syncs++ > 0) throw fault(code);
        }),
      );
    };
    expect(await put(syncing('EINVAL'))).toMatchObject({ ok: true });
    await expect(put(syncing('EIO'))).rejects.toMatchObject({ kind: 'failing' });
  });

  test('that is not mounted any more is an error, and not an empty one', async () => {
    const blobs = await ready();
    await put(blobs);
    rmSync(partial(), { recursive: true });
    rmSync(placeOf(HASH));
    const away = { name: 'BlobsUnavailable', kind: 'away' };
    await expect(blobs.size(HASH)).rejects.toMatchObject(away);
    await expect(blobs.read(HASH)).rejects.toMatchObject(away);
    await expect(blobs.remove(HASH)).rejects.toMatchObject(away);
    await expect(collect(blobs.names())).rejects.toMatchObject(away);
    await expect(put(blobs)).rejects.toMatchObject(away);
    await expect(blobs.probe()).rejects.toMatchObject(away);
  });

  test('is known by its mark once that was seen, also where a folder for writing lies under it', async () => {
    const blobs = await ready();
    await blobs.leaveMark('here');
    expect(await blobs.size(HASH)).toBeUndefined();
    rmSync(join(folder, MARK_NAME));
    await expect(blobs.size(HASH)).rejects.toMatchObject({ kind: 'away' });
  });

  test('that is not there is said before anything is made', async () => {
    rmSync(folder, { recursive: true });
    await expect(create().mark()).rejects.toMatchObject({ kind: 'away' });
    await expect(create().prepare()).rejects.toMatchObject({ kind: 'away' });
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    expect([await create().mark(), readdirSync(folder)]).toEqual([undefined, []]);
  });

  test('that stands still is given up after blobAnswerMs, holds blobDiskCalls calls at most, and is used again when it goes on', async () => {
    await ready();
    const clock = createFakeClock();
    let [standing, goOn] = [0, (): void => undefined];
    const stands = new Promise<void>((resolve) => (goOn = resolve));
    const blobs = create(
      watched(async () => {
        standing++;
        await stands;
      }),
      clock,
    );
    const questions = Array.from({ length: blobDiskCalls + 3 }, () => blobs.size(HASH));
    const outcomes = Promise.allSettled(questions);
    await Promise.resolve();
    expect(standing).toBe(blobDiskCalls);
    clock.advance(blobAnswerMs - 1);
    const first = await Promise.race([
      Promise.allSettled([questions[0]]),
      Promise.resolve('waiting'),
    ]);
    expect(first).toBe('waiting');
    clock.advance(1);
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'away' } });
    goOn();
    await expect(put(blobs)).resolves.toMatchObject({ ok: true });
  });
});

describe('what a killed writer left', () => {
  const leave = (name: string, ageMs: number): void => {
    writeFileSync(join(partial(), name), 'half');
    const at = new Date(Date.now() - ageMs);
    utimesSync(join(partial(), name), at, at);
  };

  test('is swept when it is older than blobLeftoverMs by the clock of the disk, whatever ours says', async () => {
    const clock = createFakeClock(0);
    const blobs = create(undefined, clock);
    await blobs.prepare();
    leave('old', blobLeftoverMs + 60_000);
    leave('young', blobLeftoverMs - 60_000);
    expect(await blobs.sweep()).toBe(1);
    clock.setWall(Date.UTC(2099, 0));
    expect(await blobs.sweep()).toBe(0);
    expect(readdirSync(partial())).toEqual(['young']);
  });

  test('is not what this relay is writing, however long that takes', async () => {
    const blobs = await ready();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('hello ');
      for (const name of readdirSync(partial()))
        utimesSync(join(partial(), name), new Date(0), new Date(0));
      expect(await blobs.sweep()).toBe(0);
      yield Buffer.from('world');
    }
    expect(await blobs.put(slow(), { maxBytes: 100 })).toMatchObject({ ok: true });
    expect(await textOf(blobs)).toBe(TEXT);
  });

  test('and was swept by another relay though its writer lives is no blob: the writer hears of it', async () => {
    const [writer, sweeper] = [await ready(), await ready()];
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('hello ');
      for (const name of readdirSync(partial()))
        utimesSync(join(partial(), name), new Date(0), new Date(0));
      expect(await sweeper.sweep()).toBe(1);
    }
    await expect(writer.put(slow(), { maxBytes: 100 })).rejects.toMatchObject({ kind: 'away' });
    expect(await collect(writer.names())).toEqual([]);
  });
});

test('a link to another file is not a blob, and gives way to one', async () => {
  const blobs = await ready();
  writeFileSync(join(folder, 'secret'), 'secret');
  mkdirSync(join(folder, HASH.slice(0, 2)));
  symlinkSync(join(folder, 'secret'), placeOf(HASH));
  expect([await blobs.size(HASH), await blobs.read(HASH)]).toEqual([undefined, undefined]);
  await put(blobs);
  expect(await textOf(blobs)).toBe(TEXT);
});

test('a folder that cannot be written is said in one kind of error', async () => {
  chmodSync(folder, 0o555);
  // Root may write everywhere: there this is somebody else for a moment.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await expect(create().prepare()).rejects.toMatchObject({
      name: 'BlobsUnavailable',
      kind: 'not-allowed',
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
const NOBODY = 65_534;

test('a folder that is a file is said in one kind of error', async () => {
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  await expect(create().prepare()).rejects.toMatchObject({
    name: 'BlobsUnavailable',
    kind: 'away',
  });
});
