/** A storage server on bad days. The contract is in `test/contracts/blobs.test.ts`; what is no storage server, in `no-server.test.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { chunks, namesIn, sha } from '../../../test/kit/blob-kit.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import {
  hurried,
  HASH,
  KEY,
  put,
  read,
  SECRET,
  TEXT,
  unavailable,
  useS3,
} from '../../../test/kit/s3-house.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import { always, first, hangsUp, says } from '../../../test/kit/services/s3-interference.ts';
import type { Interference } from '../../../test/kit/services/s3-stand-in.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls } from '../../lan/tls.ts';
import { MARK_NAME } from '../../ports/blobs.ts';

const { blobAttempts, blobRetryMs, blobAnswerMs } = DEFAULT_LIMITS;
const s3 = useS3();
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('what may go better another time is asked again', () => {
  test.each([429, 500, 502, 503, 504])(
    'after %i, a little later each time, at a moment of its own',
    async (status) => {
      const { clock, waits } = hurried();
      s3.server.interfere(
        first('PUT', says(status, 'SlowDown'), says(status, 'SlowDown'), says(status, 'SlowDown')),
      );
      expect(await put(s3.create({ clock }))).toMatchObject({ ok: true });
      expect(s3.server.kept.get(KEY)?.toString()).toBe(TEXT);
      expect(waits.length).toBe(3);
      waits.forEach((ms, n) => expect(ms).toBeLessThan(blobRetryMs * 2 ** n));
      expect(new Set(waits).size).toBe(3);
    },
  );

  test('after a lost connection, and after a server waited too long for us', async () => {
    s3.server.interfere(first('PUT', hangsUp, says(400, 'RequestTimeout')));
    expect(await put(s3.create())).toMatchObject({ ok: true });
    expect(s3.server.asked.filter((ask) => ask.startsWith('PUT'))).toHaveLength(3);
  });

  test('blobAttempts times, and no more', async () => {
    s3.server.interfere(always('PUT', says(503, 'SlowDown')));
    await expect(put(s3.create())).rejects.toMatchObject(unavailable('away', 'SlowDown'));
    expect(s3.server.asked.filter((ask) => ask.startsWith('PUT'))).toHaveLength(blobAttempts);
    expect(s3.server.kept.size).toBe(0);
  });

  test('while a server is away it is said after blobAttempts', async () => {
    const blobs = s3.create();
    await s3.server.dispose();
    await expect(blobs.size(HASH)).rejects.toMatchObject(unavailable('away', 'ECONNREFUSED'));
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
      s3.server.asked.length = 0;
      s3.server.interfere(always('PUT', says(status, code)));
      await expect(put(s3.create())).rejects.toMatchObject(unavailable(kind, words));
      expect(s3.server.asked.filter((ask) => ask.startsWith('PUT'))).toHaveLength(1);
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
      const [, from = '0', to = String(LARGE.length - 1)] =
        /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = LARGE.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${to}/${LARGE.length}`;
      const isPart = request.headers.range !== undefined;
      response.writeHead(isPart ? 206 : 200, {
        'content-length': part.length,
        ...(isPart ? { 'content-range': range } : {}),
      });
      response.write(part.subarray(0, bytes), () => response.destroy());
      return true;
    };

  test('is asked for from where it broke off, and is whole', async () => {
    const blobs = s3.create();
    await put(blobs, LARGE);
    s3.server.asked.length = 0;
    s3.server.interfere(first('GET', diesAfter(1), diesAfter(200_000), diesAfter(300_000)));
    expect(sha((await read(blobs, NAME)) ?? '')).toBe(NAME);
    expect(s3.server.asked.filter((ask) => ask.startsWith('GET'))).toHaveLength(4);
  });

  test('is an error and never its beginning, when no more of it comes', async () => {
    const blobs = s3.create();
    await put(blobs, LARGE);
    s3.server.asked.length = 0;
    s3.server.interfere(always('GET', diesAfter(0)));
    await expect(read(blobs, NAME)).rejects.toMatchObject(unavailable('away'));
    expect(s3.server.asked.filter((ask) => ask.startsWith('GET'))).toHaveLength(blobAttempts);
  });

  test('while it is put is not kept, and is when it is sent again', async () => {
    let seen = 0;
    s3.server.interfere(
      first('PUT', (request) => {
        request.on('data', (piece: Buffer) => {
          seen += piece.length;
          if (seen > 100_000) request.destroy();
        });
        return true;
      }),
    );
    expect(await put(s3.create(), LARGE)).toMatchObject({ ok: true, value: { hash: NAME } });
    expect(seen).toBeGreaterThan(100_000);
    expect(s3.server.kept.get(`blobs/${NAME.slice(0, 2)}/${NAME.slice(2)}`)).toEqual(LARGE);
  });

  test('is left in the middle by its reader, and the connection with it', async () => {
    const blobs = s3.create({ limits: { blobSockets: 1 } });
    await put(blobs, LARGE);
    const reader = (await blobs.read(NAME))?.[Symbol.asyncIterator]();
    expect((await reader?.next())?.done).toBe(false);
    await reader?.return?.();
    // There is one connection: were it held, nobody would answer.
    expect(await blobs.size(NAME)).toBe(LARGE.length);
  });
});

describe('silence is given up after blobAnswerMs', () => {
  const silent = async (
    clock: FakeClock,
    asked: Promise<unknown>,
    isSilent: () => boolean,
  ): Promise<unknown> => {
    const outcome = asked.catch((error: unknown) => error);
    await expect.poll(isSilent).toBe(true);
    clock.advance(blobAnswerMs - 1);
    expect(
      await Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, 'waiting'))]),
    ).toBe('waiting');
    clock.advance(1);
    return outcome;
  };
  const patient = { blobAttempts: 1 };

  test('before an answer', async () => {
    const clock = createFakeClock();
    let isAsked = false;
    s3.server.interfere(() => (isAsked = true));
    expect(
      await silent(clock, s3.create({ clock, limits: patient }).size(HASH), () => isAsked),
    ).toMatchObject(unavailable('away', 'silence'));
  });

  test('in the middle of one', async () => {
    const clock = createFakeClock();
    const blobs = s3.create({ clock, limits: patient });
    await put(blobs);
    let isSent = false;
    s3.server.interfere(
      always('GET', (_request, response) => {
        response
          .writeHead(200, { 'content-length': TEXT.length })
          .write('hello', () => (isSent = true));
        return true;
      }),
    );
    expect(await silent(clock, read(blobs), () => isSent)).toMatchObject(unavailable('away'));
  });

  test('while it takes nothing of what we send', async () => {
    const clock = createFakeClock();
    let isAsked = false;
    s3.server.interfere(always('PUT', () => (isAsked = true)));
    const large = Buffer.alloc(30_000_000);
    const outcome = put(s3.create({ clock, limits: patient }), large).catch(
      (error: unknown) => error,
    );
    await expect.poll(() => isAsked).toBe(true);
    // How much the system takes in between nobody knows; then it stops.
    await expect
      .poll(async () => {
        clock.advance(blobAnswerMs);
        return Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, 'waiting'))]);
      })
      .toMatchObject(unavailable('away', /silence|ECONNRESET|PREMATURE/));
    expect(s3.server.kept.size).toBe(0);
  });
});

describe('what others do meanwhile', () => {
  test('is no harm: who comes second to the same content agrees', async () => {
    // Another relay is quicker between our question and our request.
    s3.server.interfere(
      first('PUT', () => {
        s3.server.kept.set(KEY, Buffer.from(TEXT));
        return false;
      }),
    );
    expect(await put(s3.create())).toMatchObject({ ok: true });
    expect(s3.server.asked.filter((ask) => ask === `PUT ${KEY}`)).toHaveLength(1);
  });

  test('does not make a wrong size right', async () => {
    s3.server.interfere(
      first('PUT', () => {
        s3.server.kept.set(KEY, Buffer.from('half'));
        return false;
      }),
    );
    expect(await put(s3.create())).toMatchObject({ ok: true });
    expect(s3.server.kept.get(KEY)?.toString()).toBe(TEXT);
  });

  test('is not seen by a server without conditions, which takes blobs and marks all the same', async () => {
    await s3.serveWith({ knowsConditions: false });
    const blobs = s3.create();
    expect([await put(blobs), await put(blobs, 'other')]).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
    expect([await blobs.leaveMark('one'), await blobs.leaveMark('two')]).toEqual(['one', 'one']);
    expect(s3.server.kept.get(`blobs/${MARK_NAME}`)?.toString()).toBe('one');
  });

  test('foreign keys are not blobs', async () => {
    for (const key of [`other/${KEY}`, `${KEY}.bak`, `blobs/${HASH}`, `blobs/ab/${'A'.repeat(62)}`])
      s3.server.kept.set(key, Buffer.from('x'));
    await put(s3.create());
    expect(await namesIn(s3.create())).toEqual([HASH]);
  });
});

describe('the line', () => {
  const certificate = (name: string) => {
    const at = join(s3.folder, name);
    loadTls({
      folder: at,
      hosts: ['127.0.0.1'],
      clock: createFakeClock(Date.now()),
      random: createSeededRandom(name),
    });
    return {
      key: readFileSync(join(at, KEY_FILE), 'utf8'),
      cert: readFileSync(join(at, CERTIFICATE_FILE), 'utf8'),
    };
  };

  test('is TLS, and who shows a certificate that nobody vouches for hears nothing, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const [own, other] = [certificate('own'), certificate('other')];
    await s3.serveWith({ tls: own });
    for (const place of [{}, { authority: other.cert }]) {
      await expect(put(s3.create({ place }))).rejects.toMatchObject(
        unavailable('not-allowed', 'certificate'),
      );
    }
    expect(s3.server.asked).toEqual([]);
    const blobs = s3.create({ place: { authority: own.cert } });
    await put(blobs);
    expect(await read(blobs)).toBe(TEXT);
  });

  test('has blobSockets connections at most', async () => {
    const blobSockets = 4;
    const blobs = s3.create({ limits: { blobSockets } });
    await Promise.all(Array.from({ length: 12 }, (_, n) => put(blobs, `text ${n}`)));
    expect(s3.server.connections).toBe(blobSockets);
    expect(await namesIn(blobs)).toHaveLength(12);
  });

  test('carries no secret, and no error says one', async () => {
    let said = '';
    s3.server.interfere((request) => {
      said += JSON.stringify(request.rawHeaders);
      return false;
    });
    await put(s3.create());
    s3.server.interfere(says(403, 'SignatureDoesNotMatch'));
    const error: unknown = await put(s3.create()).catch((reason: unknown) => reason);
    expect(said).toContain('AWS4-HMAC-SHA256');
    expect(said + String(error) + JSON.stringify(error)).not.toContain(SECRET);
  });
});

describe('what waits on its way', () => {
  test('leaves nothing behind, whatever becomes of it', async () => {
    const blobs = s3.create();
    await put(blobs);
    await blobs.put(chunks(TEXT), { maxBytes: 1 });
    await blobs.put(chunks(TEXT), { maxBytes: 100, hash: sha('other') });
    s3.server.interfere(says(403, 'AccessDenied'));
    await expect(put(blobs, 'refused')).rejects.toMatchObject(unavailable('not-allowed'));
    expect(readdirSync(join(s3.folder, 'spool'))).toEqual([]);
  });

  test('has no name while it waits, so that a kill leaves nothing either', async () => {
    let seen: readonly string[] | undefined;
    s3.server.interfere(
      always('PUT', () => {
        seen = readdirSync(join(s3.folder, 'spool'));
        return false;
      }),
    );
    await put(s3.create());
    expect(seen).toEqual([]);
  });

  test('where it cannot wait, that is said', async () => {
    writeFileSync(join(s3.folder, 'spool'), 'in the way');
    await expect(put(s3.create())).rejects.toMatchObject({ name: 'BlobsUnavailable' });
    expect(s3.server.kept.size).toBe(0);
  });
});
