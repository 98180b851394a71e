/**
 * The relay's own key and certificate. The key is the relay's identity: desktops pin its fingerprint, so it is made once and kept;
 * the certificate round it is made anew whenever it runs out or the machine's names change. Guarantees TLS 1.2 or later. The key file
 * is a secret file (0600, refused when others may read it); losing it means that everybody has to trust the relay again.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Fingerprint } from '../../protocol/invite-link.ts';
import { readSecretFile, SecretFileError, writeSecretFile } from '../auth/secret-file.ts';
import type { Clock, Random } from '../ports/clock.ts';
import { makeCertificate } from './certificate.ts';

export const KEY_FILE = 'relay-key.pem';
export const CERTIFICATE_FILE = 'relay-certificate.pem';

const DAY_MS = 24 * 60 * 60_000;
const LIFE_MS = 3650 * DAY_MS;
const RENEW_MS = 365 * DAY_MS;
/** A machine whose clock is a little behind must not find the certificate in its future. */
const BACKDATE_MS = 2 * DAY_MS;

export interface RelayTls {
  readonly fingerprint: Fingerprint;
  readonly certificateExpiresAt: number;
  /** For `https.createServer`. */
  readonly options: TlsOptions;
}

export interface TlsParts {
  readonly folder: string;
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

/** @throws SecretFileError when the key cannot be read, written, or is no secret */
export function loadTls({ folder, hosts, clock, random }: TlsParts): RelayTls {
  const key = loadKey(join(folder, KEY_FILE));
  const path = join(folder, CERTIFICATE_FILE);
  const found = readCertificate(path);
  const isUsable =
    found !== undefined &&
    found.checkPrivateKey(key) &&
    isCurrent(found, clock.now()) &&
    names(found, hosts);
  const certificate = isUsable ? found : renew(path, { key, hosts, clock, random });
  return {
    fingerprint: fingerprintOf(key),
    certificateExpiresAt: certificate.validToDate.getTime(),
    options: {
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      cert: certificate.toString(),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      // Forward secrecy and authenticated encryption only, also with TLS 1.2.
      ciphers: MODERN,
    },
  };
}

const MODERN: NonNullable<SecureContextOptions['ciphers']> = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
].join(':');

/** SHA-256 of the public key (SPKI, DER) in lower-case hex. */
export function fingerprintOf(key: KeyObject): Fingerprint {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({
    type: 'spki',
    format: 'der',
  });
  return createHash('sha256').update(spki).digest('hex');
}

/** The fingerprint of the key in a data folder, or nothing when none was made yet. @throws SecretFileError */
export function storedFingerprint(folder: string): Fingerprint | undefined {
  const text = readSecretFile(join(folder, KEY_FILE));
  return text === undefined ? undefined : fingerprintOf(parseKey(text, join(folder, KEY_FILE)));
}

/**
 * The fingerprint of the key in a certificate that somebody else shows for the relay.
 * @throws Error  the file is missing or holds no certificate, in words
 */
export function certificateFingerprint(path: string): Fingerprint {
  const certificate = readCertificate(path);
  if (certificate === undefined)
    throw new Error(`${path} is not a certificate that can be read. See --proxy-certificate.`);
  return fingerprintOf(certificate.publicKey);
}

function loadKey(path: string): KeyObject {
  const text = readSecretFile(path);
  if (text !== undefined) return parseKey(text, path);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeSecretFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}

function parseKey(text: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Not a key at all: the same answer.
  }
  throw new SecretFileError(
    `${path} is not a P-256 private key. Restore it from the backup; with a new one every desktop must trust the relay again.`,
  );
}

/** Nothing when it is missing or spoilt. */
export function readCertificate(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    // Missing or spoilt: it holds nothing that cannot be made again.
    return undefined;
  }
}

const isCurrent = (certificate: X509Certificate, now: number): boolean =>
  certificate.validFromDate.getTime() <= now && certificate.validToDate.getTime() - now > RENEW_MS;

const names = (certificate: X509Certificate, hosts: readonly string[]): boolean =>
  hosts.every(
    (host) => certificate.checkHost(host) !== undefined || certificate.checkIP(host) !== undefined,
  );

function renew(
  path: string,
  parts: Pick<TlsParts, 'hosts' | 'clock' | 'random'> & { readonly key: KeyObject },
): X509Certificate {
  const now = parts.clock.now();
  const pem = makeCertificate({
    key: parts.key,
    commonName: 'Landline relay',
    hosts: parts.hosts,
    from: now - BACKDATE_MS,
    until: now + LIFE_MS,
    serial: parts.random.bytes(16),
  });
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, pem, { mode: 0o644 });
  renameSync(part, path);
  return new X509Certificate(pem);
}
