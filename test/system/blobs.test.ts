/** Blobs of several relays at one place, each relay a process; they are killed, and so is the server that keeps them. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Blobs } from '../../server/ports/blobs.ts';
import { blobsAt, chunks, describeServer, namesIn, sha, textOf } from '../kit/blob-kit.ts';
import { COMPILE_CACHE } from '../kit/compile-cache.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';
import type { S3Server } from '../kit/services/ceph.ts';
import { S3_SERVERS } from '../kit/services/s3-servers.ts';
import { startS3StandIn } from '../kit/services/s3-stand-in.ts';
import type { WriterLine } from './blob-writer.ts';

const WRITER = join(import.meta.dirname, 'blob-writer.ts');
const PATIENCE = { timeout: 60_000 };

let folder: string;
const writers: Writer[] = [];
const open: Blobs[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-blobs-'));
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.kill()));
  for (const blobs of open.splice(0)) blobs.close();
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string): string => join(folder, name);

interface Writer {
  readonly said: readonly WriterLine[];
  of<Kind extends WriterLine['kind']>(
    kind: Kind,
  ): readonly Extract<WriterLine, { readonly kind: Kind }>[];
  /** Has it put the contents of these numbers. */
  work(from: number, to: number): void;
  /** What it said on standard error. */
  errors(): string;
  /** SIGKILL. */
  kill(): Promise<void>;
}

function startWriter(place: string, seed: string, { stalls = false, env = {} } = {}): Writer {
  const data = at(`data-${writers.length}`);
  mkdirSync(data);
  const child: ChildProcess = spawn(
    process.execPath,
    [WRITER, data, place, seed, ...(stalls ? ['stalls'] : [])],
    {
      env: { ...process.env, ...COMPILE_CACHE, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const said: WriterLine[] = [];
  let errors = '';
  const { stdin } = child;
  if (!stdin || !child.stdout || !child.stderr) throw new Error('a writer without a voice');
  createInterface({ input: child.stdout }).on('line', (line) =>
    said.push(JSON.parse(line) as WriterLine),
  );
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  stdin.on('error', () => undefined);
  const gone = once(child, 'close');
  const writer: Writer = {
    said,
    of: <Kind extends WriterLine['kind']>(kind: Kind) =>
      said.filter(
        (line): line is Extract<WriterLine, { readonly kind: Kind }> => line.kind === kind,
      ),
    work: (from, to) => void stdin.write(`${from} ${to}\n`),
    errors: () => errors,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
  writers.push(writer);
  return writer;
}

function look(place: string): Blobs {
  const blobs = blobsAt(place, folder);
  open.push(blobs);
  return blobs;
}

/** Every acknowledged blob is there, and every blob that is there is whole. */
async function checkKept(place: string, all: readonly Writer[]): Promise<void> {
  const blobs = look(place);
  const kept = new Map(
    all.flatMap((writer) => writer.of('kept')).map(({ hash, bytes }) => [hash, bytes]),
  );
  expect(all.flatMap((writer) => writer.of('wrong'))).toEqual([]);
  expect(all.map((writer) => writer.errors()).filter((text) => text !== '')).toEqual([]);
  for (const [hash, bytes] of kept) expect(await blobs.size(hash)).toBe(bytes);
  // Reading holds each against its name.
  for (const hash of await namesIn(blobs))
    expect(await textOf(await blobs.read(hash))).toBeDefined();
}

const isReady = (writer: Writer) => expect.poll(() => writer.of('ready').length, PATIENCE).toBe(1);
const hasKept = (writer: Writer, count: number) =>
  expect.poll(() => writer.of('kept').length, PATIENCE).toBeGreaterThanOrEqual(count);
const ROUND = 8;

/** Two writers put the same contents at the same time; one is killed in the middle of it, and another takes its place, again and again. */
async function killAgainAndAgain(place: string, rounds: number): Promise<readonly Writer[]> {
  const random = createSeededRandom(place);
  const steady = startWriter(place, 'kills');
  const all = [steady];
  await isReady(steady);
  for (let round = 0; round < rounds; round++) {
    const victim = startWriter(place, 'kills');
    all.push(victim);
    await isReady(victim);
    for (const writer of [steady, victim]) writer.work(round * ROUND, (round + 1) * ROUND);
    await hasKept(victim, Math.floor(random.fraction() * ROUND));
    await victim.kill();
    await hasKept(steady, (round + 1) * ROUND);
  }
  await steady.kill();
  return all;
}

describe('two relays on one folder', () => {
  const place = (): string => at('share');
  beforeEach(() => mkdirSync(place()));

  test('lose no blob and show no half one, however often one is killed', async () => {
    const all = await killAgainAndAgain(place(), 8);
    await checkKept(place(), all);
    expect(await namesIn(look(place()))).toHaveLength(8 * ROUND);
  });

  test('share what one of them was killed over: the half stays for a day, and the other puts the whole', async () => {
    const killed = startWriter(place(), 'x', { stalls: true });
    await expect.poll(() => killed.of('stalled').length, PATIENCE).toBe(1);
    await killed.kill();
    const partial = join(place(), '.partial');
    const left = readdirSync(partial);
    expect(left).toHaveLength(1);
    const blobs = look(place());
    expect(await namesIn(blobs)).toEqual([]);
    await blobs.put(chunks('x'.repeat(20_000)), { maxBytes: 1e6 });
    expect([await blobs.sweep(), readdirSync(partial)]).toEqual([0, left]);
    for (const name of left) utimesSync(join(partial, name), new Date(0), new Date(0));
    expect([await blobs.sweep(), readdirSync(partial)]).toEqual([1, []]);
    expect(await namesIn(blobs)).toEqual([sha('x'.repeat(20_000))]);
  });

  test('do not sweep what the other is at', async () => {
    const slow = startWriter(place(), 'x', { stalls: true });
    await expect.poll(() => slow.of('stalled').length, PATIENCE).toBe(1);
    expect(await look(place()).sweep()).toBe(0);
    expect(readdirSync(join(place(), '.partial'))).toHaveLength(1);
  });

  test('that is full say so, keep nothing by halves, and go on when there is room', async () => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', place()]);
    if (mounted.status !== 0)
      return console.warn(
        'SKIPPED: a disk that is really full is not shown, because nothing may be mounted here',
      );
    try {
      const blobs = look(place());
      await blobs.prepare();
      const put = (letter: string) =>
        blobs.put(chunks(...Array<string>(5).fill(letter.repeat(20_000))), { maxBytes: 1e6 });
      await put('a');
      await put('b');
      await expect(put('c')).rejects.toMatchObject({ name: 'BlobsUnavailable', kind: 'full' });
      expect(await namesIn(blobs)).toHaveLength(2);
      await blobs.remove(sha('a'.repeat(100_000)));
      expect(await put('c')).toMatchObject({ ok: true });
      expect(await textOf(await blobs.read(sha('c'.repeat(100_000))))).toBe('c'.repeat(100_000));
    } finally {
      spawnSync('umount', [place()]);
    }
  });
});

describe.each(S3_SERVERS)('two relays on one server: $name', ({ start }) => {
  let server: S3Server;
  beforeEach(async () => {
    server = await start();
  });
  afterEach(() => server.dispose());

  test('lose no blob and show no half one, however often one is killed', async () => {
    const place = await describeServer(folder, server);
    await checkKept(place, await killAgainAndAgain(place, 4));
    expect(await namesIn(look(place))).toHaveLength(4 * ROUND);
  });

  test('refuse while it is killed, and lose nothing of what they acknowledged', async () => {
    const place = await describeServer(folder, server);
    const both = [startWriter(place, 'one'), startWriter(place, 'one')];
    await Promise.all(both.map(isReady));
    both.forEach((writer) => writer.work(0, 1e9));
    for (let n = 0; n < 3; n++) {
      const kept = both.map((writer) => writer.of('kept').length);
      await expect
        .poll(
          () => both.every((writer, i) => writer.of('kept').length > (kept[i] ?? 0) + 1),
          PATIENCE,
        )
        .toBe(true);
      await server.kill();
      const refused = both.map((writer) => writer.of('refused').length);
      await expect
        .poll(
          () => both.every((writer, i) => writer.of('refused').length > (refused[i] ?? 0)),
          PATIENCE,
        )
        .toBe(true);
      await server.restart();
    }
    const kept = both.map((writer) => writer.of('kept').length);
    await expect
      .poll(() => both.every((writer, i) => writer.of('kept').length > (kept[i] ?? 0)), PATIENCE)
      .toBe(true);
    await Promise.all(both.map((writer) => writer.kill()));
    expect(
      both.flatMap((writer) => writer.of('refused')).filter(({ why }) => !why.startsWith('away: ')),
    ).toEqual([]);
    await checkKept(place, both);
  });
});

test('a storage server is reached past every proxy that the environment names', async () => {
  const server = await startS3StandIn();
  let calls = 0;
  const proxy = createServer((socket) => {
    calls++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const names = [
    'http_proxy',
    'https_proxy',
    'all_proxy',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
  ];
  const env = {
    ...Object.fromEntries(names.map((name) => [name, url])),
    NODE_USE_ENV_PROXY: '1',
    no_proxy: '',
    NO_PROXY: '',
  };
  const writer = startWriter(await describeServer(folder, server), 'proxy', { env });
  writer.work(0, 4);
  await hasKept(writer, 4);
  expect(calls).toBe(0);
  await writer.kill();
  proxy.close();
  await server.dispose();
});
