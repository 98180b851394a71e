/** A storage server on bad days, and one that is none. The contract is in `test/contracts/blobs.test.ts`. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../../protocol/limits.ts';
import { chunks, namesIn, sha, textOf } from '../../../test/kit/blob-kit.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import {
  refuse,
  startS3StandIn,
  type Interference,
  type S3StandIn,
  type S3StandInOptions,
} from '../../../test/kit/services/s3-stand-in.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls } from '../../lan/tls.ts';
import { MARK_NAME, type Blobs } from '../../ports/blobs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { S3Place } from '../../s3-place.ts';
import { createS3Blobs } from './blobs.ts';

const { blobAttempts, blobRetryMs, blobAnswerMs, blobAnswerBytes } = DEFAULT_LIMITS;
const TEXT = 'hello world';
const HASH = sha(TEXT);
const KEY = `blobs/${HASH.slice(0, 2)}/${HASH.slice(2)}`;
const SECRET = 'never to be said';

let folder: string;
let server: S3StandIn;
const open: Blobs[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landline-s3-'));
  server = await startS3StandIn();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const blobs of open.splice(0)) blobs.close();
  await server.dispose();
  rmSync(folder, { recursive: true });
});
async function serveWith(options: S3StandInOptions): Promise<void> {
  await server.dispose();
  server = await startS3StandIn(options);
}

/** Waits between attempts are over at once, and remembered; nobody's patience ends. */
function hurried(): { readonly clock: Clock; readonly waits: number[] } {
  const waits: number[] = [];
  const after: Clock['after'] = (ms, run) => {
    if (ms >= blobAnswerMs) return () => undefined;
    waits.push(ms);
    const soon = setImmediate(run);
    return () => clearImmediate(soon);
  };
  return { clock: { ...createFakeClock(), after }, waits };
}

interface Special {
  readonly clock?: Clock;
  readonly place?: Partial<S3Place>;
  readonly limits?: Partial<Limits>;
}
function create({ clock = hurried().clock, place = {}, limits = {} }: Special = {}): Blobs {
  const { address, bucket } = server;
  const blobs = createS3Blobs({
    place: { address, bucket, prefix: 'blobs/', region: 'here', keyId: 'us', secret: SECRET, ...place },
    spool: join(folder, 'spool'),
    clock,
    random: createSeededRandom('s3'),
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  open.push(blobs);
  return blobs;
}
const put = (blobs: Blobs, ...pieces: readonly (string | Uint8Array)[]) =>
  blobs.put(chunks(...(pieces.length === 0 ? [TEXT] : pieces)), { maxBytes: 100_000_000 });
const read = async (blobs: Blobs, hash = HASH): Promise<string | undefined> => textOf(await blobs.read(hash));
/** Deals with the first requests of this method in the given ways, with the others not at all. */
const first =
  (method: string, ...ways: readonly Interference[]): Interference =>
  async (request, response) =>
    request.method === method ? ((await nextOf(ways)?.(request, response)) ?? false) : false;
const taken = new WeakMap<readonly Interference[], number>();
function nextOf(ways: readonly Interference[]): Interference | undefined {
  const at = taken.get(ways) ?? 0;
  taken.set(ways, at + 1);
  return ways[at];
}
const always =
  (method: string, way: Interference): Interference =>
  (request, response) =>
    request.method === method ? way(request, response) : false;
const says =
  (status: number, code: string): Interference =>
  (request, response) => {
    request.resume();
    refuse(response, status, code, request.method === 'HEAD');
    return true;
  };
const hangsUp: Interference = (request) => {
  request.destroy();
  return true;
};
const answers =
  (how: (response: ServerResponse) => void): Interference =>
  (request, response) => {
    request.resume();
    how(response);
    return true;
  };
const unavailable = (kind: string, words: string | RegExp = '') => ({
  name: 'BlobsUnavailable',
  kind,
  message: words instanceof RegExp ? expect.stringMatching(words) : expect.stringContaining(words),
});

describe('what may go better another time is asked again', () => {
  test.each([429, 500, 502, 503, 504])('after %i, a little later each time, at a moment of its own', async (status) => {
    const { clock, waits } = hurried();
    server.interfere(first('PUT', says(status, 'SlowDown'), says(status, 'SlowDown'), says(status, 'SlowDown')));
    expect(await put(create({ clock }))).toMatchObject({ ok: true });
    expect(server.kept.get(KEY)?.toString()).toBe(TEXT);
    expect(waits.length).toBe(3);
    waits.forEach((ms, n) => expect(ms).toBeLessThan(blobRetryMs * 2 ** n));
    expect(new Set(waits).size).toBe(3);
  });

  test('after a lost connection, and after a server waited too long for us', async () => {
    server.interfere(first('PUT', hangsUp, says(400, 'RequestTimeout')));
    expect(await put(create())).toMatchObject({ ok: true });
    expect(server.asked.filter((ask) => ask.startsWith('PUT'))).toHaveLength(3);
  });

  test('blobAttempts times, and no more', async () => {
    server.interfere(always('PUT', says(503, 'SlowDown')));
    await expect(put(create())).rejects.toMatchObject(unavailable('away', 'SlowDown'));
    expect(server.asked.filter((ask) => ask.startsWith('PUT'))).toHaveLength(blobAttempts);
    expect(server.kept.size).toBe(0);
  });

  test('while a server is away it is said after blobAttempts', async () => {
    const blobs = create();
    await server.dispose();
    await expect(blobs.size(HASH)).rejects.toMatchObject(unavailable('away', 'ECONNREFUSED'));
    server = await startS3StandIn();
  });

  test('but not what was refused', async () => {
    for (const [status, code, kind, words] of [
      [403, 'AccessDenied', 'not-allowed', 'AccessDenied'],
      [403, 'RequestTimeTooSkewed', 'not-allowed', 'our clock is wrong'],
      [400, 'XAmzContentSHA256Mismatch', 'failing', 'XAmzContentSHA256Mismatch'],
      [404, 'NoSuchBucket', 'failing', 'no such bucket'],
      [507, 'XMinioStorageFull', 'full', 'no room'],
      [403, 'QuotaExceeded', 'full', 'no room'],
    ] as const) {
      server.asked.length = 0;
      server.interfere(always('PUT', says(status, code)));
      await expect(put(create())).rejects.toMatchObject(unavailable(kind, words));
      expect(server.asked.filter((ask) => ask.startsWith('PUT'))).toHaveLength(1);
    }
  });
});

describe('a blob whose server dies in the middle of it', () => {
  const LARGE = Buffer.alloc(700_000, 'landline ');
  const NAME = sha(LARGE);
  /** Sends this many bytes of the answer that it owes, and dies. */
  const diesAfter =
    (bytes: number): Interference =>
    (request, response) => {
      const [, from = '0', to = String(LARGE.length - 1)] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = LARGE.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${to}/${LARGE.length}`;
      const isPart = request.headers.range !== undefined;
      response.writeHead(isPart ? 206 : 200, { 'content-length': part.length, ...(isPart ? { 'content-range': range } : {}) });
      response.write(part.subarray(0, bytes), () => response.destroy());
      return true;
    };

  test('is asked for from where it broke off, and is whole', async () => {
    const blobs = create();
    await put(blobs, LARGE);
    server.asked.length = 0;
    server.interfere(first('GET', diesAfter(1), diesAfter(200_000), diesAfter(300_000)));
    expect(sha((await read(blobs, NAME)) ?? '')).toBe(NAME);
    expect(server.asked.filter((ask) => ask.startsWith('GET'))).toHaveLength(4);
  });

  test('is an error and never its beginning, when no more of it comes', async () => {
    const blobs = create();
    await put(blobs, LARGE);
    server.asked.length = 0;
    server.interfere(always('GET', diesAfter(0)));
    await expect(read(blobs, NAME)).rejects.toMatchObject(unavailable('away'));
    expect(server.asked.filter((ask) => ask.startsWith('GET'))).toHaveLength(blobAttempts);
  });

  test('while it is put is not kept, and is when it is sent again', async () => {
    let seen = 0;
    server.interfere(
      first('PUT', (request) => {
        request.on('data', (piece: Buffer) => {
          seen += piece.length;
          if (seen > 100_000) request.destroy();
        });
        return true;
      }),
    );
    expect(await put(create(), LARGE)).toMatchObject({ ok: true, value: { hash: NAME } });
    expect(seen).toBeGreaterThan(100_000);
    expect(server.kept.get(`blobs/${NAME.slice(0, 2)}/${NAME.slice(2)}`)).toEqual(LARGE);
  });

  test('is left in the middle by its reader, and the connection with it', async () => {
    const blobs = create({ limits: { blobSockets: 1 } });
    await put(blobs, LARGE);
    const reader = (await blobs.read(NAME))?.[Symbol.asyncIterator]();
    expect((await reader?.next())?.done).toBe(false);
    await reader?.return?.();
    // There is one connection: were it held, nobody would answer.
    expect(await blobs.size(NAME)).toBe(LARGE.length);
  });
});

describe('silence is given up after blobAnswerMs', () => {
  const silent = async (clock: FakeClock, asked: Promise<unknown>, isSilent: () => boolean): Promise<unknown> => {
    const outcome = asked.catch((error: unknown) => error);
    await expect.poll(isSilent).toBe(true);
    clock.advance(blobAnswerMs - 1);
    expect(await Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, 'waiting'))])).toBe('waiting');
    clock.advance(1);
    return outcome;
  };
  const patient = { blobAttempts: 1 };

  test('before an answer', async () => {
    const clock = createFakeClock();
    let isAsked = false;
    server.interfere(() => (isAsked = true));
    expect(await silent(clock, create({ clock, limits: patient }).size(HASH), () => isAsked)).toMatchObject(unavailable('away', 'silence'));
  });

  test('in the middle of one', async () => {
    const clock = createFakeClock();
    const blobs = create({ clock, limits: patient });
    await put(blobs);
    let isSent = false;
    server.interfere(
      always('GET', (_request, response) => {
        response.writeHead(200, { 'content-length': TEXT.length }).write('hello', () => (isSent = true));
        return true;
      }),
    );
    expect(await silent(clock, read(blobs), () => isSent)).toMatchObject(unavailable('away'));
  });

  test('while it takes nothing of what we send', async () => {
    const clock = createFakeClock();
    let isAsked = false;
    server.interfere(always('PUT', () => (isAsked = true)));
    const large = Buffer.alloc(30_000_000);
    const outcome = put(create({ clock, limits: patient }), large).catch((error: unknown) => error);
    await expect.poll(() => isAsked).toBe(true);
    // How much the system takes in between nobody knows; then it stops.
    await expect
      .poll(async () => {
        clock.advance(blobAnswerMs);
        return Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, 'waiting'))]);
      })
      .toMatchObject(unavailable('away', /silence|ECONNRESET|PREMATURE/));
    expect(server.kept.size).toBe(0);
  });
});

describe('what is no storage server', () => {
  const page = answers((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html><p>Please sign in<br></html>'));

  test.each<readonly [string, (blobs: Blobs) => Promise<unknown>]>([
    ['put', (blobs) => put(blobs)],
    ['read', read],
    ['names', namesIn],
    ['remove', (blobs) => blobs.remove(HASH)],
    ['probe', (blobs) => blobs.probe()],
    ['leaveMark', (blobs) => blobs.leaveMark('here')],
  ])('has no content: %s of a page that asks to sign in', async (_name, ask) => {
    await put(create());
    server.kept.clear();
    server.interfere(page);
    await expect(ask(create())).rejects.toMatchObject(unavailable('failing'));
  });

  test.each([301, 302, 307, 308])('nobody follows where it leads (%i)', async (status) => {
    const elsewhere = await startS3StandIn();
    server.interfere(answers((response) => response.writeHead(status, { location: `${elsewhere.address.href}landline/x` }).end()));
    await expect(put(create())).rejects.toMatchObject(unavailable('failing', 'elsewhere'));
    await expect(create().mark()).rejects.toMatchObject(unavailable('failing', 'elsewhere'));
    expect(elsewhere.connections).toBe(0);
    await elsewhere.dispose();
  });

  test('is told by what it says, which need not be HTTP, and not asked again', async () => {
    let connections = 0;
    const other = createServer((socket) => {
      connections++;
      socket.end('220 mail.example ESMTP\r\n');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = new URL(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    await expect(create({ place: { address } }).size(HASH)).rejects.toMatchObject(unavailable('failing', 'HTTP'));
    expect(connections).toBe(1);
    other.close();
  });

  const whole = '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>x</Key></Contents></ListBucketResult>';
  test.each([
    ['half a list', whole.slice(0, -30)],
    ['a list with something behind it', `${whole}x`],
    ['a list without its end', whole.replace('false', 'true')],
    ['a list that does not say whether it ends', whole.replace(/<IsT.*ed>/, '')],
    ['an entry without a key', whole.replace('<Key>x</Key>', '')],
    ['another document', '<Buckets></Buckets>'],
    ['a document without a bottom', '<a>'.repeat(1_000)],
    ['a document that names things of its own', `<!DOCTYPE a [<!ENTITY b "x">]>${whole.replace('>x<', '>&b;<')}`],
    ['nothing', ''],
  ])('%s is no list', async (_what, xml) => {
    server.interfere(answers((response) => response.writeHead(200).end(xml)));
    await expect(namesIn(create())).rejects.toMatchObject(unavailable('failing'));
  });

  test('a list that leads to its own beginning has an end', async () => {
    const again = whole.replace('false', 'true').replace('<Con', '<NextContinuationToken>again</NextContinuationToken><Con');
    server.interfere(answers((response) => response.writeHead(200).end(again)));
    await expect(namesIn(create())).rejects.toMatchObject(unavailable('failing'));
    expect(server.asked).toHaveLength(2);
  });

  test('answers of more than blobAnswerBytes are not looked at; as many are', async () => {
    const padded = (bytes: number): string => whole.padEnd(bytes, ' ');
    let bytes = blobAnswerBytes;
    server.interfere(answers((response) => response.writeHead(200).end(padded(bytes))));
    expect(await namesIn(create())).toEqual([]);
    bytes++;
    await expect(namesIn(create())).rejects.toMatchObject(unavailable('failing', 'more than anybody asked'));
  });

  test.each<readonly [string, number, Readonly<Record<string, string>>]>([
    ['another length', 200, { 'content-length': '5' }],
    ['no length', 200, { 'transfer-encoding': 'chunked' }],
    ['another part', 206, { 'content-length': '11', 'content-range': 'bytes 1-11/12' }],
    ['a packed one', 200, { 'content-length': '11', 'content-encoding': 'gzip' }],
    ['nothing', 204, {}],
  ])('%s is not the blob that was asked for', async (_what, status, headers) => {
    const blobs = create();
    await put(blobs);
    server.interfere(
      always(
        'GET',
        answers((response) =>
          response.writeHead(status, headers).end(status === 204 ? undefined : TEXT.slice(0, Number(headers['content-length'] ?? 11))),
        ),
      ),
    );
    await expect(read(blobs)).rejects.toMatchObject(unavailable('failing'));
    server.interfere(undefined);
    expect(await read(blobs)).toBe(TEXT);
  });

  test.each(['bytes 3-5/11', 'bytes 2-4/12', '*'])('%s is not the part that was asked for', async (range) => {
    const blobs = create();
    await put(blobs);
    const part = { from: 2, to: 5 };
    server.interfere(
      always(
        'GET',
        answers((response) => response.writeHead(206, { 'content-length': 3, 'content-range': range }).end('lo ')),
      ),
    );
    await expect(blobs.read(HASH, part).then(textOf)).rejects.toMatchObject(unavailable('failing'));
    server.interfere(undefined);
    expect(await textOf(await blobs.read(HASH, part))).toBe('llo');
  });

  test('a bucket that is gone is an error, and not an empty one', async () => {
    const blobs = create({ place: { bucket: 'gone' } });
    const gone = unavailable('failing', 'no such bucket');
    await expect(blobs.size(HASH)).rejects.toMatchObject(gone);
    await expect(blobs.read(HASH)).rejects.toMatchObject(gone);
    await expect(put(blobs)).rejects.toMatchObject(gone);
    await expect(namesIn(blobs)).rejects.toMatchObject(gone);
    await expect(blobs.mark()).rejects.toMatchObject(gone);
  });
});

describe('what others do meanwhile', () => {
  test('is no harm: who comes second to the same content agrees', async () => {
    // Another relay is quicker between our question and our request.
    server.interfere(
      first('PUT', () => {
        server.kept.set(KEY, Buffer.from(TEXT));
        return false;
      }),
    );
    expect(await put(create())).toMatchObject({ ok: true });
    expect(server.asked.filter((ask) => ask === `PUT ${KEY}`)).toHaveLength(1);
  });

  test('does not make a wrong size right', async () => {
    server.interfere(
      first('PUT', () => {
        server.kept.set(KEY, Buffer.from('half'));
        return false;
      }),
    );
    expect(await put(create())).toMatchObject({ ok: true });
    expect(server.kept.get(KEY)?.toString()).toBe(TEXT);
  });

  test('is not seen by a server without conditions, which takes blobs and marks all the same', async () => {
    await serveWith({ knowsConditions: false });
    const blobs = create();
    expect([await put(blobs), await put(blobs, 'other')]).toMatchObject([{ ok: true }, { ok: true }]);
    expect([await blobs.leaveMark('one'), await blobs.leaveMark('two')]).toEqual(['one', 'one']);
    expect(server.kept.get(`blobs/${MARK_NAME}`)?.toString()).toBe('one');
  });

  test('foreign keys are not blobs', async () => {
    for (const key of [`other/${KEY}`, `${KEY}.bak`, `blobs/${HASH}`, `blobs/ab/${'A'.repeat(62)}`]) server.kept.set(key, Buffer.from('x'));
    await put(create());
    expect(await namesIn(create())).toEqual([HASH]);
  });
});

describe('the line', () => {
  const certificate = (name: string) => {
    const at = join(folder, name);
    loadTls({ folder: at, hosts: ['127.0.0.1'], clock: createFakeClock(Date.now()), random: createSeededRandom(name) });
    return { key: readFileSync(join(at, KEY_FILE), 'utf8'), cert: readFileSync(join(at, CERTIFICATE_FILE), 'utf8') };
  };

  test('is TLS, and who shows a certificate that nobody vouches for hears nothing, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const [own, other] = [certificate('own'), certificate('other')];
    await serveWith({ tls: own });
    for (const place of [{}, { authority: other.cert }]) {
      await expect(put(create({ place }))).rejects.toMatchObject(unavailable('not-allowed', 'certificate'));
    }
    expect(server.asked).toEqual([]);
    const blobs = create({ place: { authority: own.cert } });
    await put(blobs);
    expect(await read(blobs)).toBe(TEXT);
  });

  test('has blobSockets connections at most', async () => {
    const blobSockets = 4;
    const blobs = create({ limits: { blobSockets } });
    await Promise.all(Array.from({ length: 12 }, (_, n) => put(blobs, `text ${n}`)));
    expect(server.connections).toBe(blobSockets);
    expect(await namesIn(blobs)).toHaveLength(12);
  });

  test('carries no secret, and no error says one', async () => {
    let said = '';
    server.interfere((request) => {
      said += JSON.stringify(request.rawHeaders);
      return false;
    });
    await put(create());
    server.interfere(says(403, 'SignatureDoesNotMatch'));
    const error: unknown = await put(create()).catch((reason: unknown) => reason);
    expect(said).toContain('AWS4-HMAC-SHA256');
    expect(said + String(error) + JSON.stringify(error)).not.toContain(SECRET);
  });
});

describe('what waits on its way', () => {
  test('leaves nothing behind, whatever becomes of it', async () => {
    const blobs = create();
    await put(blobs);
    await blobs.put(chunks(TEXT), { maxBytes: 1 });
    await blobs.put(chunks(TEXT), { maxBytes: 100, hash: sha('other') });
    server.interfere(says(403, 'AccessDenied'));
    await put(blobs, 'refused').catch(() => undefined);
    expect(readdirSync(join(folder, 'spool'))).toEqual([]);
  });

  test('has no name while it waits, so that a kill leaves nothing either', async () => {
    let seen: readonly string[] | undefined;
    server.interfere(
      always('PUT', () => {
        seen = readdirSync(join(folder, 'spool'));
        return false;
      }),
    );
    await put(create());
    expect(seen).toEqual([]);
  });

  test('where it cannot wait, that is said', async () => {
    writeFileSync(join(folder, 'spool'), 'in the way');
    await expect(put(create())).rejects.toMatchObject({ name: 'BlobsUnavailable' });
    expect(server.kept.size).toBe(0);
  });
});
