/**
 * How a storage server is described: a file of JSON with address, bucket, region and prefix, that everybody may read, and the name of
 * another one with the keys, that only this account may.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { readSecretFile, SecretFileError } from './auth/secret-file.ts';
import { BlobsOpenFault } from './ports/blobs-open-fault.ts';

/** Where the blobs lie, and who we are there. */
export interface S3Place {
  /** `https:`; `http:` to this machine alone. No path. */
  readonly address: URL;
  readonly bucket: string;
  readonly region: string;
  /** Before every key: empty, or ends with a slash. Letters, digits and `/ . _ -` only. */
  readonly prefix: string;
  readonly keyId: string;
  readonly secret: string;
  /** PEM of who vouches for the server's certificate, in place of those that the system trusts. */
  readonly authority?: string;
}

const isHere = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

const s3File = z.strictObject({
  address: z
    .url({ protocol: /^https?$/ })
    .transform((text) => new URL(text))
    .refine(
      ({ pathname, search, hash, username, password }) =>
        pathname === '/' && search + hash + username + password === '',
    )
    .refine(({ protocol, hostname }) => protocol === 'https:' || isHere(hostname)),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  region: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .default('us-east-1'),
  prefix: z
    .string()
    .max(256)
    .regex(/^(?:[\w-][\w.-]*\/)*$/)
    .default(''),
  /** Paths beside this file. */
  secrets: z.string().min(1),
  authority: z.string().min(1).optional(),
});

const s3Secrets = z.strictObject({
  accessKeyId: z.string().regex(/^\S{1,256}$/),
  secretAccessKey: z.string().regex(/^\S{1,256}$/),
});

const S3_WORDS: Readonly<Record<string, string>> = {
  address: 'an address such as https://s3.example:9000, without a path; http only for this machine',
  bucket: 'the name of a bucket',
  region: 'the name of a region',
  prefix: 'folders such as team/blobs/, each with its slash, in letters, digits, dots and dashes',
  secrets: 'the path of the file with the keys',
  authority: 'the path of a PEM file',
};

/** @throws BlobsOpenFault, SecretFileError  naming what is wrong, never what stands there */
export function readS3Place(path: string): S3Place {
  const bad = (why: string): BlobsOpenFault =>
    new BlobsOpenFault('bad-blobs-place', `${path} describes no storage server: ${why}.`);
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw bad('it cannot be read as JSON');
  }
  const read = s3File.safeParse(raw);
  if (!read.success) {
    const [issue] = read.error.issues;
    const name = String(issue?.path[0] ?? '');
    throw bad(
      name in S3_WORDS
        ? `"${name}" should be ${S3_WORDS[name] ?? ''}`
        : `it has ${Object.keys(S3_WORDS).join(', ')} and nothing else`,
    );
  }
  const { secrets, authority, ...place } = read.data;
  const beside = (name: string): string => resolve(dirname(path), name);
  const keys = readS3Secrets(beside(secrets));
  return {
    ...place,
    ...keys,
    ...(authority === undefined ? {} : { authority: readAuthority(beside(authority), bad) }),
  };
}

function readS3Secrets(path: string): Pick<S3Place, 'keyId' | 'secret'> {
  const text = readSecretFile(path);
  if (text === undefined)
    throw new SecretFileError(
      `${path} is not there. It should hold the keys of the storage server.`,
    );
  try {
    const { accessKeyId, secretAccessKey } = s3Secrets.parse(JSON.parse(text));
    return { keyId: accessKeyId, secret: secretAccessKey };
  } catch {
    throw new SecretFileError(`${path} should hold {"accessKeyId": "…", "secretAccessKey": "…"}`);
  }
}

function readAuthority(path: string, bad: (why: string) => BlobsOpenFault): string {
  try {
    const pem = readFileSync(path, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  } catch {
    // Said in the same words.
  }
  throw bad(`${path} is no certificate that can be read`);
}
