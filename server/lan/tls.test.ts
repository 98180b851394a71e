import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect as connectPlain, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { SecretFileError } from '../auth/secret-file.ts';
import { makeCertificate } from './certificate.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls, storedFingerprint, type RelayTls } from './tls.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'landline-tls-'))));
afterEach(() => rmSync(folder, { recursive: true }));
// The wall clock of the real world: the handshake looks at the certificate's dates.
const clock = createFakeClock(Date.now());
const random = createSeededRandom('tls');
const load = (
  hosts: readonly string[] = ['localhost', '127.0.0.1', '::1', 'relay.local'],
): RelayTls => loadTls({ folder, hosts, clock, random });
const certificate = (): X509Certificate =>
  new X509Certificate(readFileSync(join(folder, CERTIFICATE_FILE)));

describe('the relay key', () => {
  test('is made once, for the owner alone, and its fingerprint stays', () => {
    const first = load();
    expect(first.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(join(folder, KEY_FILE)).mode & 0o777).toBe(0o600);
    expect(load().fingerprint).toBe(first.fingerprint);
    expect(storedFingerprint(folder)).toBe(first.fingerprint);
  });

  test('that others can read, or that is none, is refused and left as it is', () => {
    load();
    chmodSync(join(folder, KEY_FILE), 0o644);
    expect(() => load()).toThrow(/chmod 600/);
    chmodSync(join(folder, KEY_FILE), 0o600);
    for (const text of [
      '',
      'hello',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ]) {
      writeFileSync(join(folder, KEY_FILE), text);
      expect(() => load()).toThrow(SecretFileError);
      expect(readFileSync(join(folder, KEY_FILE), 'utf8')).toBe(text);
    }
  });
});

describe('the certificate', () => {
  test('speaks for the names and addresses, as a server and not as an authority', () => {
    load();
    const made = certificate();
    for (const name of ['localhost', 'relay.local']) expect(made.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1']) expect(made.checkIP(address)).toBe(address);
    expect(made.checkHost('evil.test')).toBeUndefined();
    expect(made.ca).toBe(false);
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(made.verify(made.publicKey)).toBe(true);
    expect(made.subject).toBe('CN=Landline relay');
  });

  test('is kept while it is good', () => {
    load();
    const before = certificate().serialNumber;
    load(['localhost']);
    expect(certificate().serialNumber).toBe(before);
  });

  test.each<readonly [string, () => RelayTls]>([
    ['the machine has a new address', () => load(['localhost', '10.0.0.9'])],
    [
      'it has less than a year left',
      () =>
        loadTls({
          folder,
          hosts: ['localhost'],
          clock: createFakeClock(clock.now() + 3400 * 86_400_000),
          random,
        }),
    ],
    [
      'it is in the future',
      () =>
        loadTls({
          folder,
          hosts: ['localhost'],
          clock: createFakeClock(clock.now() - 30 * 86_400_000),
          random,
        }),
    ],
    [
      'it is spoilt',
      () => (writeFileSync(join(folder, CERTIFICATE_FILE), 'no certificate'), load()),
    ],
    [
      'it belongs to another key',
      () => (writeFileSync(join(folder, CERTIFICATE_FILE), strange()), load(['localhost'])),
    ],
  ])('is made anew with the same key when %s', (_why, again) => {
    const { fingerprint } = load();
    const before = certificate().serialNumber;
    expect(again().fingerprint).toBe(fingerprint);
    expect(certificate().serialNumber).not.toBe(before);
    expect(certificate().checkHost('localhost')).toBe('localhost');
  });

  test('of dates beyond 2050 and of every address form can be read back', () => {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const hosts = [
      '2001:db8::5',
      '::',
      'fe80::1',
      '10.0.0.5',
      '2001:db8:1:2:3:4:5:6',
      'a-long-host-name.example.test',
    ];
    const [from, until] = [Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2061, 1, 2, 3, 4, 5)];
    for (let n = 0; n < 50; n++) {
      const made = new X509Certificate(
        makeCertificate({ key, commonName: '電話', hosts, from, until, serial: randomBytes(16) }),
      );
      expect(made.validFromDate.getTime()).toBe(from);
      expect(made.validToDate.getTime()).toBe(until);
      expect(made.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect(made.verify(made.publicKey)).toBe(true);
    }
    const made = new X509Certificate(
      makeCertificate({ key, commonName: '電話', hosts, from, until, serial: new Uint8Array(16) }),
    );
    for (const host of hosts) expect(made.checkHost(host) ?? made.checkIP(host), host).toBe(host);
  });
});

const strange = (): string => {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = clock.now();
  return makeCertificate({
    key,
    commonName: 'x',
    hosts: ['localhost'],
    from: now - 1e6,
    until: now + 1e12,
    serial: randomBytes(16),
  });
};

describe('a connection', () => {
  async function withServer<T>(run: (port: number, tls: RelayTls) => Promise<T>): Promise<T> {
    const tls = load();
    const server = createServer(tls.options, (_request, response) => response.end('hello'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      return await run((server.address() as AddressInfo).port, tls);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const handshake = async (
    port: number,
    options: ConnectionOptions,
  ): Promise<{ protocol: string | null; peer: PeerCertificate } | string> => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    try {
      await once(socket, 'secureConnect');
      return { protocol: socket.getProtocol(), peer: socket.getPeerCertificate() };
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'error';
    } finally {
      socket.destroy();
    }
  };

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with %s shows the key that the fingerprint names',
    async (version) => {
      await withServer(async (port, { fingerprint }) => {
        const shaken = await handshake(port, { minVersion: version, maxVersion: version });
        if (typeof shaken === 'string') throw new Error(shaken);
        expect(shaken.protocol).toBe(version);
        const spki = new X509Certificate(shaken.peer.raw).publicKey.export({
          type: 'spki',
          format: 'der',
        });
        expect(createHash('sha256').update(spki).digest('hex')).toBe(fingerprint);
      });
    },
  );

  test('that trusts the certificate is valid for the names in it', async () => {
    await withServer(async (port) => {
      const ca = readFileSync(join(folder, CERTIFICATE_FILE));
      expect(
        await handshake(port, { ca, rejectUnauthorized: true, servername: 'relay.local' }),
      ).toMatchObject({ protocol: 'TLSv1.3' });
      expect(await handshake(port, { ca, rejectUnauthorized: true, servername: 'evil.test' })).toBe(
        'ERR_TLS_CERT_ALTNAME_INVALID',
      );
    });
  });

  test.each<readonly [string, ConnectionOptions]>([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    [
      'TLS 1.2 with CBC only',
      {
        maxVersion: 'TLSv1.2',
        ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA@SECLEVEL=0',
      },
    ],
    ['TLS 1.2 without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
  ])('with %s is refused by the relay', async (_what, options) => {
    await withServer(async (port) => {
      expect(await handshake(port, options)).toMatch(/ALERT|HANDSHAKE|ECONNRESET|PROTOCOL_VERSION/);
      expect(await handshake(port, {})).toMatchObject({ protocol: 'TLSv1.3' });
    });
  });

  test('without TLS is refused', async () => {
    await withServer(async (port) => {
      const socket = connectPlain(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      let answer = '';
      for await (const chunk of socket.setEncoding('latin1')) answer += chunk as string;
      expect(answer).not.toContain('hello');
    });
  });
});
