/**
 * A self-signed X.509 certificate for an ECDSA P-256 key. Desktops know the relay by its key, so the certificate is a mere envelope:
 * names and dates in it matter to browsers and other tools that an operator may point at the relay.
 */
import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import {
  bitString,
  implicit,
  octetString,
  oid,
  sequence,
  set,
  tagged,
  time,
  unsigned,
  utf8String,
  yes,
  type Der,
} from './der.ts';

export interface CertificateWish {
  readonly key: KeyObject;
  readonly commonName: string;
  /** Host names and IP addresses. */
  readonly hosts: readonly string[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** 16 random octets. */
  readonly serial: Uint8Array;
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const V3 = tagged(0, unsigned(Uint8Array.of(2)));

/** The certificate in PEM. */
export function makeCertificate({
  key,
  commonName,
  hosts,
  from,
  until,
  serial,
}: CertificateWish): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8String(commonName))));
  // The top bit off and the next one on: positive, and of one length.
  const number = Uint8Array.from(serial, (octet, at) => (at === 0 ? (octet & 0x7f) | 0x40 : octet));
  const toBeSigned = sequence(
    V3,
    unsigned(number),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(from), time(until)),
    name,
    spki,
    tagged(3, sequence(...extensions(spki, hosts))),
  );
  const signature = sign('sha256', toBeSigned, { key, dsaEncoding: 'der' });
  const der = Buffer.from(sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(signature)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions(spki: Uint8Array, hosts: readonly string[]): readonly Der[] {
  const keyId = createHash('sha1').update(spki).digest();
  const digitalSignature = bitString(Uint8Array.of(0x80), 7);
  const notAnAuthority = sequence();
  const serverAuth = sequence(oid('1.3.6.1.5.5.7.3.1'));
  const names = sequence(
    ...hosts.map((host) =>
      isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressOctets(host)),
    ),
  );
  return [
    sequence(oid('2.5.29.19'), yes, octetString(notAnAuthority)),
    sequence(oid('2.5.29.15'), yes, octetString(digitalSignature)),
    sequence(oid('2.5.29.37'), octetString(serverAuth)),
    sequence(oid('2.5.29.14'), octetString(octetString(keyId))),
    ...(hosts.length > 0 ? [sequence(oid('2.5.29.17'), octetString(names))] : []),
  ];
}

/** 4 or 16 octets of an address that `isIP` accepts. */
export function addressOctets(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  // The URL parser knows every spelling of IPv6 and gives the canonical one.
  const compact = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = compact.split('::');
  const groups = (text: string | undefined): readonly number[] =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const front = groups(head);
  const back = groups(tail);
  const middle = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return Uint8Array.from(
    [...front, ...middle, ...back].flatMap((group) => [group >> 8, group & 0xff]),
  );
}
