/** The contract of the blobs port, over every adapter there is. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDiskBlobs } from '../../server/adapters/blobs-disk.ts';
import type { Blobs } from '../../server/ports/blobs.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';

const ADAPTERS = [{ name: 'disk', open: (folder: string) => openDiskBlobs({ folder, random: createSeededRandom('blobs') }) }];

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
async function textOf(content: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  if (!content) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts).toString();
}
async function all(blobs: Blobs): Promise<string[]> {
  const names: string[] = [];
  for await (const name of blobs.names()) names.push(name);
  return names.sort();
}

describe.each(ADAPTERS)('blobs ($name)', ({ open }) => {
  let folder: string;
  let blobs: Blobs;
  beforeEach(async () => {
    folder = join(mkdtempSync(join(tmpdir(), 'landline-blobs-')), 'blobs');
    blobs = await open(folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));
  const put = (...texts: string[]) => blobs.put(chunks(...texts), { maxBytes: 1_000_000 });

  test('are kept under the hash of their content', async () => {
    expect(await put('hello ', 'world')).toEqual({ ok: true, value: { hash: sha('hello world'), bytes: 11 } });
    expect(await textOf(await blobs.read(sha('hello world')))).toBe('hello world');
    expect(await blobs.size(sha('hello world'))).toBe(11);
    expect(await all(blobs)).toEqual([sha('hello world')]);
  });

  test('are still there when opened again', async () => {
    await put('x');
    expect(await textOf(await (await open(folder)).read(sha('x')))).toBe('x');
  });

  test('of the same content are one', async () => {
    expect(await put('x')).toEqual(await put('x'));
    await Promise.all(Array.from({ length: 10 }, () => put('y')));
    expect(await all(blobs)).toEqual([sha('x'), sha('y')].sort());
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
    const part = async (from: number, to: number) => textOf(await blobs.read(sha('0123456789'), { from, to }));
    expect([await part(2, 5), await part(8, 99), await part(20, 30), await part(-5, 2), await part(5, 2)]).toEqual([
      '234',
      '89',
      '',
      '01',
      '',
    ]);
  });

  test('that are too large or not what was promised leave nothing', async () => {
    expect(await blobs.put(chunks('12345', '6'), { maxBytes: 5 })).toEqual({ ok: false, error: 'too-large' });
    expect(await blobs.put(chunks('12345'), { maxBytes: 5, hash: sha('other') })).toEqual({ ok: false, error: 'wrong-hash' });
    expect(await blobs.put(chunks('12345'), { maxBytes: 5, hash: sha('12345') })).toMatchObject({ ok: true });
    expect(await all(blobs)).toEqual([sha('12345')]);
  });

  test('whose source fails half-way leave nothing, and the error is its own', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      await Promise.resolve();
      throw new Error('the line broke');
    }
    await expect(blobs.put(broken(), { maxBytes: 100 })).rejects.toThrow('the line broke');
    expect(await all(blobs)).toEqual([]);
  });

  test('that were removed are gone, and removing nothing is fine', async () => {
    await put('x');
    await blobs.remove(sha('x'));
    await blobs.remove(sha('x'));
    expect([await blobs.read(sha('x')), await blobs.size(sha('x'))]).toEqual([undefined, undefined]);
  });

  test.each(['../../etc/passwd', '', 'ABCDEF', `${'a'.repeat(63)}/`, `${'a'.repeat(64)}\n`, `..${'/x'.repeat(31)}`])(
    'have no other names: %j',
    async (name) => {
      expect([await blobs.read(name), await blobs.size(name)]).toEqual([undefined, undefined]);
      await blobs.remove(name);
    },
  );
});

describe('on the disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'landline-blobs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const random = createSeededRandom('disk');

  test('a link to another file is not a blob', async () => {
    const blobs = await openDiskBlobs({ folder, random });
    writeFileSync(join(folder, 'secret'), 'secret');
    mkdirSync(join(folder, 'aa'));
    symlinkSync(join(folder, 'secret'), join(folder, 'aa', 'a'.repeat(62)));
    expect([await blobs.size('a'.repeat(64)), await blobs.read('a'.repeat(64))]).toEqual([undefined, undefined]);
  });

  test('what a crash left half-written is gone at the next start', async () => {
    await openDiskBlobs({ folder, random });
    writeFileSync(join(folder, '.partial', 'half'), 'half');
    await openDiskBlobs({ folder, random });
    expect(readdirSync(join(folder, '.partial'))).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is said in one kind of error', async () => {
    chmodSync(folder, 0o500);
    await expect(openDiskBlobs({ folder, random })).rejects.toMatchObject({ name: 'BlobsUnavailable' });
    chmodSync(folder, 0o700);
  });

  test('a folder that is a file is said in one kind of error', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(openDiskBlobs({ folder: join(folder, 'file'), random })).rejects.toMatchObject({ name: 'BlobsUnavailable' });
  });
});
