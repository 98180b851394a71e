/** What an S3 server does with our requests; in a campaign, Ceph. The contract of blobs is in `test/contracts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { chunks, collect, namesIn, sha } from '../../../test/kit/blob-kit.ts';
import type { S3Server } from '../../../test/kit/services/ceph.ts';
import { S3_SERVERS } from '../../../test/kit/services/s3-servers.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { S3Place } from '../../s3-place.ts';
import { systemClock, systemRandom } from '../system-clock.ts';
import { errorCodeOf } from './answers.ts';
import { createS3Blobs } from './blobs.ts';
import { createExchange, type Ask, type Content, type Exchange } from './exchange.ts';

describe.each(S3_SERVERS)('$name', ({ start }) => {
  let server: S3Server;
  let place: S3Place;
  let exchange: Exchange;
  let spool: string;
  const open: Blobs[] = [];
  beforeAll(async () => {
    server = await start();
    spool = mkdtempSync(join(tmpdir(), 'landline-s3-spool-'));
    place = { ...server, bucket: 'landline', region: 'us-east-1', prefix: 'team/blobs/' };
    exchange = createExchange({ place, clock: systemClock, limits: DEFAULT_LIMITS });
    await ask({ method: 'PUT' });
  });
  afterAll(async () => {
    exchange.close();
    for (const blobs of open) blobs.close();
    rmSync(spool, { recursive: true });
    await server.dispose();
  });

  const ask = async (what: Ask): Promise<readonly [number, string | undefined]> => {
    const { status, content } = await exchange.send(what);
    return [status, errorCodeOf(Buffer.concat(await collect(content)).toString())];
  };
  const contentOf = (text: string, named = text): Content => ({
    bytes: text.length,
    hash: sha(named),
    open: () => chunks(text),
  });
  const blobs = (change: Partial<S3Place> = {}, clock: Clock = systemClock): Blobs => {
    const made = createS3Blobs({
      place: { ...place, ...change },
      spool,
      clock,
      random: systemRandom,
      limits: DEFAULT_LIMITS,
    });
    open.push(made);
    return made;
  };

  test('refuses content that has not the hash it was signed with, and keeps nothing of it', async () => {
    expect(await ask({ method: 'PUT', key: 'x', content: contentOf('spoilt', 'sent..') })).toEqual([
      400,
      'XAmzContentSHA256Mismatch',
    ]);
    expect(await ask({ method: 'GET', key: 'x' })).toEqual([404, 'NoSuchKey']);
  });

  test('keeps what is there when it is told to', async () => {
    const create = (text: string) =>
      ask({
        method: 'PUT',
        key: 'once',
        content: contentOf(text),
        headers: { 'if-none-match': '*' },
      });
    expect([await create('one'), await create('two')]).toEqual([
      [200, undefined],
      [412, 'PreconditionFailed'],
    ]);
  });

  test.each<readonly [string, string, () => Blobs]>([
    ['a wrong key', 'SignatureDoesNotMatch', () => blobs({ secret: 'guessed' })],
    ['an account it does not know', 'InvalidAccessKeyId', () => blobs({ keyId: 'nobody' })],
    [
      'a clock that is an hour late',
      'our clock is wrong',
      () => blobs({}, { ...systemClock, now: () => Date.now() - 3_600_000 }),
    ],
  ])('does not let in %s', async (_what, words, who) => {
    await expect(who().mark()).rejects.toMatchObject({
      kind: 'not-allowed',
      message: expect.stringContaining(words),
    });
  });

  test('has no blob where it has no bucket, and that is an error', async () => {
    await expect(blobs({ bucket: 'gone' }).size(sha('x'))).rejects.toMatchObject({
      kind: 'failing',
      message: expect.stringContaining('no such bucket'),
    });
  });

  test('lists more than it does at once', async () => {
    const hashes = Array.from({ length: 1_100 }, (_, n) => sha(`listed ${n}`));
    await Promise.all(
      hashes.map((hash) =>
        ask({
          method: 'PUT',
          key: `${hash.slice(0, 2)}/${hash.slice(2)}`,
          content: contentOf('.'),
        }),
      ),
    );
    expect(await namesIn(blobs())).toEqual(hashes.toSorted());
  });
});
