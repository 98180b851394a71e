import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readS3Place } from './s3-place.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-s3-place-'));
  file = join(folder, 'blobs.json');
  secrets({ accessKeyId: 'us', secretAccessKey: 'ours' });
});
afterEach(() => rmSync(folder, { recursive: true }));

function secrets(content: unknown, mode = 0o600): void {
  rmSync(join(folder, 'keys'), { force: true });
  writeFileSync(join(folder, 'keys'), JSON.stringify(content), { mode });
}
const describeWith = (change: Record<string, unknown>): void =>
  writeFileSync(
    file,
    JSON.stringify({
      address: 'https://s3.example:9000',
      bucket: 'landline',
      secrets: 'keys',
      ...change,
    }),
  );

describe('a storage server', () => {
  test('is described by a file, and its keys by another one beside it', () => {
    writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n');
    describeWith({ region: 'eu-central-1', prefix: 'team/blobs/', authority: 'ca.pem' });
    expect(readS3Place(file)).toEqual({
      address: new URL('https://s3.example:9000'),
      bucket: 'landline',
      region: 'eu-central-1',
      prefix: 'team/blobs/',
      keyId: 'us',
      secret: 'ours',
      authority: '-----BEGIN CERTIFICATE-----\n',
    });
  });

  test('needs address, bucket and keys, and no more', () => {
    describeWith({});
    expect(readS3Place(file)).toMatchObject({ region: 'us-east-1', prefix: '' });
  });

  test.each(['http://127.0.0.1:9000', 'http://[::1]:9000', 'http://localhost:9000'])(
    'on this machine needs no TLS: %s',
    (address) => {
      describeWith({ address });
      expect(readS3Place(file).address).toEqual(new URL(address));
    },
  );

  test.each([
    [{ address: 'http://s3.example' }, '"address"'],
    [{ address: 'http://127.0.0.1.example' }, '"address"'],
    [{ address: 'ftp://s3.example' }, '"address"'],
    [{ address: 'https://s3.example/landline' }, '"address"'],
    [{ address: 'https://us:ours@s3.example' }, '"address"'],
    [{ address: 's3.example' }, '"address"'],
    [{ bucket: 'Land Line' }, '"bucket"'],
    [{ bucket: '../up' }, '"bucket"'],
    [{ region: 'eu central' }, '"region"'],
    [{ prefix: 'team' }, '"prefix"'],
    [{ prefix: '../' }, '"prefix"'],
    [{ prefix: '/team/' }, '"prefix"'],
    [{ prefix: 'te am/' }, '"prefix"'],
    [{ secrets: undefined }, '"secrets"'],
    [{ secretAccessKey: 'canary' }, 'nothing else'],
    [{ authority: 'nowhere.pem' }, 'no certificate'],
  ])('is refused with what is wrong: %j', (change, words) => {
    describeWith(change);
    const error = thrown();
    expect(error).toMatchObject({
      name: 'BlobsOpenFault',
      kind: 'bad-blobs-place',
      message: expect.stringContaining(words),
    });
    expect(String(error)).not.toMatch(/canary|ours/);
  });

  test('is no file of something else', () => {
    for (const text of ['', '[]', 'https://s3.example']) {
      writeFileSync(file, text);
      expect(thrown()).toMatchObject({ kind: 'bad-blobs-place' });
    }
  });

  test.each<readonly [string, () => void]>([
    [
      'can be read by others',
      () => secrets({ accessKeyId: 'us', secretAccessKey: 'canary' }, 0o640),
    ],
    ['are not there', () => rmSync(join(folder, 'keys'))],
    ['lack one', () => secrets({ accessKeyId: 'canary' })],
    [
      'are more than two',
      () => secrets({ accessKeyId: 'us', secretAccessKey: 'canary', more: 'canary' }),
    ],
  ])('is refused when its keys %s', (_what, spoil) => {
    describeWith({});
    spoil();
    const error = thrown();
    expect(error).toMatchObject({
      name: 'SecretFileError',
      message: expect.stringContaining('keys'),
    });
    expect(String(error)).not.toContain('canary');
  });
});

function thrown(): unknown {
  try {
    return readS3Place(file);
  } catch (error) {
    return error;
  }
}
