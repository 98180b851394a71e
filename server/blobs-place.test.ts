/** Several relays, or one at different times, over one store: where are the blobs? */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { chunks, namesIn, sha } from '../test/kit/blob-kit.ts';
import { startS3StandIn } from '../test/kit/services/s3-stand-in.ts';
import { openSqliteStore } from './adapters/store-sqlite/store.ts';
import { systemClock as clock, systemRandom as random } from './adapters/system-clock.ts';
import { keptAt, openBlobs, type BlobsSettings } from './blobs-place.ts';
import { MARK_NAME, type Blobs } from './ports/blobs.ts';
import type { Store } from './ports/store.ts';
import { createBlobs } from './relay.ts';

let folder: string;
let store: Store;
let other: Store;
const open: Blobs[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-place-'));
  store = openStore('team');
  other = openStore('other');
  for (const name of ['data', 'data-2', 'share', 'another-share']) mkdirSync(at(name));
});
afterEach(async () => {
  for (const blobs of open.splice(0)) blobs.close();
  await store.close();
  await other.close();
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);
const openStore = (name: string): Store =>
  openSqliteStore({ path: at(`${name}.sqlite`), clock, random, isTemporary: true });

async function relay(settings: Partial<BlobsSettings> = {}, from = store): Promise<Blobs | null> {
  const create = (place: BlobsSettings) =>
    createBlobs(place, { clock, random, limits: DEFAULT_LIMITS });
  const blobs = await openBlobs({
    settings: { data: at('data'), ...settings },
    store: from,
    random,
    create,
  });
  if (blobs) open.push(blobs);
  return blobs;
}
const put = async (blobs: Blobs | null, text: string): Promise<void> => {
  expect(await blobs?.put(chunks(text), { maxBytes: 100 })).toMatchObject({ ok: true });
};
const elsewhere = (words: string) => ({
  name: 'BlobsOpenFault',
  kind: 'blobs-elsewhere',
  message: expect.stringContaining(words),
});

describe('blobs', () => {
  test('of a relay alone are in its data folder, where nobody else is', async () => {
    await put(await relay(), 'x');
    expect(readdirSync(at('data'))).toEqual(['blobs']);
    expect(await store.blobsPlace()).toBeUndefined();
    expect(await namesIn((await relay())!)).toEqual([sha('x')]);
  });

  test('of relays on PostgreSQL are nowhere until a place is named', async () => {
    expect(await relay({ postgres: '/etc/landline/postgres' })).toBeNull();
    expect(readdirSync(at('data'))).toEqual([]);
  });

  test('at a named place are those of all relays that name it', async () => {
    const settings = { postgres: 'p', blobs: at('share') };
    const [one, two] = await Promise.all([
      relay(settings),
      relay({ ...settings, data: at('data-2') }),
    ]);
    await put(one, 'x');
    expect(await two?.size(sha('x'))).toBe(1);
    expect(existsSync(join(at('data'), 'blobs'))).toBe(false);
  });

  test('are not at another folder, which is left as it was', async () => {
    await relay({ blobs: at('share') });
    await expect(relay({ blobs: at('another-share') })).rejects.toMatchObject(
      elsewhere('Is the share mounted?'),
    );
    expect(readdirSync(at('another-share'))).toEqual([]);
  });

  test('are not at a folder with another mark, though both relays began at once', async () => {
    const both = await Promise.allSettled([
      relay({ blobs: at('share') }),
      relay({ blobs: at('another-share'), data: at('data-2') }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: elsewhere('have to name one place'),
    });
  });

  test('are not where another team has its own', async () => {
    await relay({ blobs: at('share') }, other);
    await expect(relay({ blobs: at('share') })).rejects.toMatchObject(elsewhere('another team'));
    expect(await store.blobsPlace()).toBeUndefined();
  });

  test('are not where another team comes in at the same moment', async () => {
    const create = async (place: BlobsSettings): Promise<Blobs | null> => {
      const blobs = await createBlobs(place, { clock, random, limits: DEFAULT_LIMITS });
      if (!blobs) return null;
      const prepare = blobs.prepare.bind(blobs);
      blobs.prepare = async () => {
        await relay({ blobs: at('share'), data: at('data-2') }, other);
        await prepare();
      };
      return blobs;
    };
    const opening = openBlobs({
      settings: { data: at('data'), blobs: at('share') },
      store,
      random,
      create,
    });
    await expect(opening).rejects.toMatchObject(elsewhere('another team'));
    expect(await store.blobsPlace()).toBeUndefined();
  });

  test('are not looked for in the data folder once a place was named', async () => {
    await relay({ blobs: at('share') });
    for (const postgres of [null, 'p'])
      await expect(relay({ postgres })).rejects.toMatchObject(elsewhere('Name it with --blobs'));
    expect(existsSync(join(at('data'), 'blobs'))).toBe(false);
  });

  test('are still there after the relay was killed between the mark and the store', async () => {
    await relay({ blobs: at('share') });
    // As the store was before it was told.
    const before = openStore('before');
    const same = {
      ...before,
      teamId: store.teamId,
      blobsPlace: () => before.blobsPlace(),
      write: before.write.bind(before),
    } as Store;
    await put(await relay({ blobs: at('share') }, same), 'x');
    expect(await before.blobsPlace()).toBe(await store.blobsPlace());
    await before.close();
  });

  test('go along when the folder is carried elsewhere, mark and all', async () => {
    await put(await relay({ blobs: at('share') }), 'x');
    rmSync(at('another-share'), { recursive: true });
    cpSync(at('share'), at('another-share'), { recursive: true });
    expect(await namesIn((await relay({ blobs: at('another-share') }))!)).toEqual([sha('x')]);
  });

  test('of the data folder have to be brought to the place that is named', async () => {
    const own = await relay();
    await put(own, 'x');
    await put(own, 'y');
    await put(await relay({ data: at('data-2') }), 'x');
    await expect(relay({ blobs: at('share') })).rejects.toMatchObject(elsewhere('(2 of them)'));
    expect([await store.blobsPlace(), existsSync(join(at('share'), MARK_NAME))]).toEqual([
      undefined,
      false,
    ]);
    cpSync(join(at('data'), 'blobs'), at('share'), { recursive: true });
    expect(await namesIn((await relay({ blobs: at('share') }))!)).toEqual(
      [sha('x'), sha('y')].toSorted(),
    );
  });

  test('are not where a mark of somebody else is', async () => {
    writeFileSync(join(at('share'), MARK_NAME), '{"owner":"somebody"}');
    await expect(relay({ blobs: at('share') })).rejects.toMatchObject(elsewhere('none of a relay'));
    expect(await store.blobsPlace()).toBeUndefined();
  });

  test('cannot be where nothing is', async () => {
    await expect(relay({ blobs: at('nowhere') })).rejects.toMatchObject({
      kind: 'bad-blobs-place',
    });
    expect(existsSync(at('nowhere'))).toBe(false);
  });

  test('cannot be where nobody can write, which is said in a sentence', async () => {
    writeFileSync(join(at('share'), '.partial'), 'in the way');
    await expect(relay({ blobs: at('share') })).rejects.toMatchObject({
      kind: 'blobs-not-accessible',
      message: expect.stringMatching(
        /^Blobs cannot be kept at .*share: the disk .*\(ENOTDIR\)\. Check that/,
      ),
    });
    expect(await store.blobsPlace()).toBeUndefined();
  });

  test('go from a folder to a storage server with any tool that copies files, and are known there', async () => {
    await put(await relay({ blobs: at('share') }), 'x');
    const server = await startS3StandIn();
    for (const name of [MARK_NAME, `${sha('x').slice(0, 2)}/${sha('x').slice(2)}`])
      server.kept.set(`team/${name}`, readFileSync(join(at('share'), name)));
    writeFileSync(at('keys'), JSON.stringify({ accessKeyId: 'us', secretAccessKey: 'ours' }), {
      mode: 0o600,
    });
    writeFileSync(
      at('s3.json'),
      JSON.stringify({
        address: server.address,
        bucket: server.bucket,
        prefix: 'team/',
        secrets: 'keys',
      }),
    );
    expect(await namesIn((await relay({ blobs: at('s3.json') }))!)).toEqual([sha('x')]);
    server.kept.clear();
    await expect(relay({ blobs: at('s3.json') })).rejects.toMatchObject(elsewhere('no mark'));
    await server.dispose();
  });

  test('are told of where a backup does not hold them', async () => {
    expect(keptAt({ data: at('data') })).toBeNull();
    const blobs = await relay();
    expect(keptAt({ data: at('data') })).toBeNull();
    await put(blobs, 'x');
    expect(keptAt({ data: at('data') })).toBe(join(at('data'), 'blobs'));
    expect(keptAt({ data: at('data'), blobs: at('share') })).toBe(at('share'));
  });
});
