/** What answers in the place of a storage server and is none, or says what was not asked: never content, and never an empty place. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { namesIn, textOf } from '../../../test/kit/blob-kit.ts';
import { HASH, put, read, TEXT, unavailable, useS3 } from '../../../test/kit/s3-house.ts';
import { always, answers } from '../../../test/kit/services/s3-interference.ts';
import { startS3StandIn } from '../../../test/kit/services/s3-stand-in.ts';
import type { Blobs } from '../../ports/blobs.ts';

const { blobAnswerBytes } = DEFAULT_LIMITS;
const s3 = useS3();

describe('what is no storage server', () => {
  const page = answers((response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<html><p>Please sign in<br></html>'),
  );

  test.each<readonly [string, (blobs: Blobs) => Promise<unknown>]>([
    ['put', (blobs) => put(blobs)],
    ['read', read],
    ['names', namesIn],
    ['remove', (blobs) => blobs.remove(HASH)],
    ['probe', (blobs) => blobs.probe()],
    ['leaveMark', (blobs) => blobs.leaveMark('here')],
  ])('has no content: %s of a page that asks to sign in', async (_name, ask) => {
    await put(s3.create());
    s3.server.kept.clear();
    s3.server.interfere(page);
    await expect(ask(s3.create())).rejects.toMatchObject(unavailable('failing'));
  });

  test.each([301, 302, 307, 308])('nobody follows where it leads (%i)', async (status) => {
    const elsewhere = await startS3StandIn();
    s3.server.interfere(
      answers((response) =>
        response.writeHead(status, { location: `${elsewhere.address.href}landline/x` }).end(),
      ),
    );
    await expect(put(s3.create())).rejects.toMatchObject(unavailable('failing', 'elsewhere'));
    await expect(s3.create().mark()).rejects.toMatchObject(unavailable('failing', 'elsewhere'));
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
    await expect(s3.create({ place: { address } }).size(HASH)).rejects.toMatchObject(
      unavailable('failing', 'HTTP'),
    );
    expect(connections).toBe(1);
    other.close();
  });

  const whole =
    '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>x</Key></Contents></ListBucketResult>';
  test.each([
    ['half a list', whole.slice(0, -30)],
    ['a list with something behind it', `${whole}x`],
    ['a list without its end', whole.replace('false', 'true')],
    ['a list that does not say whether it ends', whole.replace(/<IsT.*ed>/, '')],
    ['an entry without a key', whole.replace('<Key>x</Key>', '')],
    ['another document', '<Buckets></Buckets>'],
    ['a document without a bottom', '<a>'.repeat(1_000)],
    [
      'a document that names things of its own',
      `<!DOCTYPE a [<!ENTITY b "x">]>${whole.replace('>x<', '>&b;<')}`,
    ],
    ['nothing', ''],
  ])('%s is no list', async (_what, xml) => {
    s3.server.interfere(answers((response) => response.writeHead(200).end(xml)));
    await expect(namesIn(s3.create())).rejects.toMatchObject(unavailable('failing'));
  });

  test('a list that leads to its own beginning has an end', async () => {
    const again = whole
      .replace('false', 'true')
      .replace('<Con', '<NextContinuationToken>again</NextContinuationToken><Con');
    s3.server.interfere(answers((response) => response.writeHead(200).end(again)));
    await expect(namesIn(s3.create())).rejects.toMatchObject(unavailable('failing'));
    expect(s3.server.asked).toHaveLength(2);
  });

  test('answers of more than blobAnswerBytes are not looked at; as many are', async () => {
    const padded = (bytes: number): string => whole.padEnd(bytes, ' ');
    let bytes = blobAnswerBytes;
    s3.server.interfere(answers((response) => response.writeHead(200).end(padded(bytes))));
    expect(await namesIn(s3.create())).toEqual([]);
    bytes++;
    await expect(namesIn(s3.create())).rejects.toMatchObject(
      unavailable('failing', 'more than anybody asked'),
    );
  });

  test.each<readonly [string, number, Readonly<Record<string, string>>]>([
    ['another length', 200, { 'content-length': '5' }],
    ['no length', 200, { 'transfer-encoding': 'chunked' }],
    ['another part', 206, { 'content-length': '11', 'content-range': 'bytes 1-11/12' }],
    ['a packed one', 200, { 'content-length': '11', 'content-encoding': 'gzip' }],
    ['nothing', 204, {}],
  ])('%s is not the blob that was asked for', async (_what, status, headers) => {
    const blobs = s3.create();
    await put(blobs);
    s3.server.interfere(
      always(
        'GET',
        answers((response) =>
          response
            .writeHead(status, headers)
            .end(
              status === 204 ? undefined : TEXT.slice(0, Number(headers['content-length'] ?? 11)),
            ),
        ),
      ),
    );
    await expect(read(blobs)).rejects.toMatchObject(unavailable('failing'));
    s3.server.interfere(undefined);
    expect(await read(blobs)).toBe(TEXT);
  });

  test.each(['bytes 3-5/11', 'bytes 2-4/12', '*'])(
    '%s is not the part that was asked for',
    async (range) => {
      const blobs = s3.create();
      await put(blobs);
      const part = { from: 2, to: 5 };
      s3.server.interfere(
        always(
          'GET',
          answers((response) =>
            response.writeHead(206, { 'content-length': 3, 'content-range': range }).end('lo '),
          ),
        ),
      );
      await expect(blobs.read(HASH, part).then(textOf)).rejects.toMatchObject(
        unavailable('failing'),
      );
      s3.server.interfere(undefined);
      expect(await textOf(await blobs.read(HASH, part))).toBe('llo');
    },
  );

  test('a bucket that is gone is an error, and not an empty one', async () => {
    const blobs = s3.create({ place: { bucket: 'gone' } });
    const gone = unavailable('failing', 'no such bucket');
    await expect(blobs.size(HASH)).rejects.toMatchObject(gone);
    await expect(blobs.read(HASH)).rejects.toMatchObject(gone);
    await expect(put(blobs)).rejects.toMatchObject(gone);
    await expect(namesIn(blobs)).rejects.toMatchObject(gone);
    await expect(blobs.mark()).rejects.toMatchObject(gone);
  });
});
