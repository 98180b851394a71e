import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SecretFileError } from './auth/secret-file.ts';
import { readPostgresServers, readRedisSettings } from './cluster.ts';

describe('the address of a server that relays share', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'landline-address-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (text: string, mode = 0o600): string => {
    const path = join(folder, 'address');
    writeFileSync(path, text, { mode });
    return path;
  };

  test('is a line of its file', () => {
    const address = 'postgres://landline:p%40ss@db.example:5432/landline';
    expect(readPostgresServers(file(`${address}\n`))).toEqual([{ connectionString: address }]);
    expect(readRedisSettings(file('redis://a'))).toEqual({ nodes: [{ host: 'a', port: 6_379 }] });
  });

  test('may be that of a server and those of its standbys, a line each', () => {
    const text = 'postgres://landline@a/landline\n  postgres:///landline?host=/run/b\n';
    expect(readPostgresServers(file(text))).toEqual([
      { connectionString: 'postgres://landline@a/landline' },
      { connectionString: 'postgres:///landline?host=/run/b' },
    ]);
  });

  test('may name several nodes, of either family, an account, and TLS', () => {
    expect(readRedisSettings(file('rediss://ada:p%40ss@a:7000, rediss://[::1]\n'))).toEqual({
      nodes: [
        { host: 'a', port: 7_000 },
        { host: '::1', port: 6_379 },
      ],
      username: 'ada',
      password: 'p@ss',
      tls: true,
    });
  });

  test.each([
    ['nothing', ''],
    ['no address', 'db.example'],
    ['another kind of server', 'mysql://ada:secret@db/landline'],
    ['an address and something else', 'postgres://a/landline\nada:secret@b/landline'],
  ])('is not %s, and what stands there is not said', (_, text) => {
    const path = file(text);
    expect(() => readPostgresServers(path)).toThrow(SecretFileError);
    expect(() => readPostgresServers(path)).not.toThrow('secret');
  });

  test.each([
    ['redis', 'redis://10.0.0.5', ['password', 'tls']],
    ['redis', 'redis://:secret@redis.example', ['tls']],
    ['redis', 'rediss://10.0.0.5', ['password']],
    ['redis', 'redis://127.0.0.1:1,redis://10.0.0.5', ['password', 'tls']],
    ['redis', 'rediss://:secret@10.0.0.5', undefined],
    ['redis', 'redis://[::1]', undefined],
    ['postgres', 'postgres://landline@db.example/landline', ['password', 'tls']],
    ['postgres', 'postgres://landline:secret@10.0.0.5/landline?sslmode=prefer', ['tls']],
    ['postgres', 'postgres://landline:secret@10.0.0.5/landline?sslmode=verify-full', undefined],
    ['postgres', 'postgres://landline@db.example/landline?sslmode=require&sslcert=/a', undefined],
    ['postgres', 'postgres:///landline?host=/run/postgresql&user=landline', undefined],
    ['postgres', 'postgres://landline@/landline?host=/run/postgresql', undefined],
    ['postgres', 'postgres://landline@/landline?host=db.example', ['password', 'tls']],
    ['postgres', 'postgres://localhost/landline', undefined],
  ] as const)('of %s, %s, lacks what a person is told', (server, address, lacks) => {
    const told: unknown[] = [];
    const read = server === 'redis' ? readRedisSettings : readPostgresServers;
    read(file(address), (what) => told.push(what));
    expect(told).toEqual(lacks === undefined ? [] : [lacks]);
  });

  test.each([
    ['redis', 'redis://8.8.8.8', 'without a password and TLS'],
    ['redis', 'rediss://8.8.8.8', 'without a password'],
    ['redis', 'redis://:secret@10.0.0.5,redis://8.8.8.8', 'without TLS'],
    ['postgres', 'postgres://landline:secret@8.8.8.8/landline', 'without TLS'],
    [
      'postgres',
      'postgres://landline@[2001:db8::1]/landline?sslmode=require',
      'without a password',
    ],
  ] as const)('of %s, %s, is refused over the internet', (server, address, why) => {
    const read = server === 'redis' ? readRedisSettings : readPostgresServers;
    expect(() => read(file(address))).toThrow(SecretFileError);
    expect(() => read(file(address))).toThrow(why);
    expect(() => read(file(address))).not.toThrow('secret');
  });

  test('is not looked for in a file that is missing, or that others can read', () => {
    expect(() => readRedisSettings(join(folder, 'missing'))).toThrow(SecretFileError);
    expect(() => readRedisSettings(file('redis://a', 0o644))).toThrow(
      'can be read by other accounts',
    );
  });
});
