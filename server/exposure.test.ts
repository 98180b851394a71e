import { describe, expect, test } from 'vitest';
import { isPublic, lacksOf } from './exposure.ts';

const bare = (host: string) => ({ host, hasPassword: false, isEncrypted: false });

describe('the way to a server that relays share', () => {
  test.each([
    '',
    '/run/postgresql',
    'localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '::ffff:127.0.0.1',
  ])('lacks nothing on this machine: "%s"', (host) => {
    expect(lacksOf(bare(host))).toEqual([]);
    expect(isPublic(host)).toBe(false);
  });

  test.each([
    '10.0.0.5',
    '172.30.20.3',
    '192.168.1.20',
    '100.64.0.1',
    'fd00::5',
    'fe80::1',
    '::ffff:10.0.0.5',
    'db.example',
    'redis',
  ])('lacks a password and TLS elsewhere, and may lead over the internet or not: "%s"', (host) => {
    expect(lacksOf(bare(host))).toEqual(['password', 'tls']);
    expect(lacksOf({ host, hasPassword: true, isEncrypted: false })).toEqual(['tls']);
    expect(lacksOf({ host, hasPassword: true, isEncrypted: true })).toEqual([]);
    expect(isPublic(host)).toBe(false);
  });

  test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', '::ffff:8.8.8.8'])(
    'certainly leads over the internet: "%s"',
    (host) => {
      expect(lacksOf(bare(host))).toEqual(['password', 'tls']);
      expect(isPublic(host)).toBe(true);
    },
  );
});
