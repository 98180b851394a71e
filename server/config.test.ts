import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { readConfig, strayVariables } from './config.ts';

describe('the configuration', () => {
  test('has sensible defaults', () => {
    expect(readConfig({}, {})).toEqual({
      ok: true,
      value: {
        data: 'landline-data',
        keys: 'landline-data',
        postgres: null,
        redis: null,
        blobs: null,
        host: '::',
        port: 7420,
        tls: 'own',
        proxyCertificate: null,
        node: 'relay',
        log: 'info',
        advertise: [],
        allowHost: [],
        trustedProxies: [],
        metrics: null,
        limits: DEFAULT_LIMITS,
      },
    });
  });

  test('takes the command line before the environment before the defaults', () => {
    const env = {
      LANDLINE_PORT: '8000',
      LANDLINE_NODE: 'two',
      LANDLINE_TRUSTED_PROXIES: '10.0.0.1, ::1',
      PATH: '/bin',
    };
    const read = readConfig({ port: '9000' }, env);
    expect(read).toMatchObject({
      value: { port: 9000, node: 'two', trustedProxies: ['10.0.0.1', '::1'] },
    });
  });

  test('lets limits be changed by name', () => {
    const read = readConfig({ limits: '{"sendsPerSecond":5}' }, {});
    expect(read).toEqual({
      ok: true,
      value: expect.objectContaining({ limits: { ...DEFAULT_LIMITS, sendsPerSecond: 5 } }),
    });
  });

  test('takes an address for its figures, of either family', () => {
    expect(readConfig({ metrics: '127.0.0.1:9464' }, {})).toMatchObject({
      value: { metrics: { host: '127.0.0.1', port: 9464 } },
    });
    expect(readConfig({ metrics: '[::1]:0' }, {})).toMatchObject({
      value: { metrics: { host: '::1', port: 0 } },
    });
  });

  test('takes the servers that the relays of a team share, and the folder of their keys', () => {
    const shared = {
      postgres: '/etc/landline/postgres',
      redis: '/etc/landline/redis',
      blobs: '/srv/blobs',
      keys: '/keys',
    };
    expect(readConfig(shared, {})).toMatchObject({ value: shared });
  });

  test('lets what the wire bounds be lowered', () => {
    expect(readConfig({ limits: '{"textBytes":1000,"groupMembers":3}' }, {})).toMatchObject({
      value: { limits: { textBytes: 1_000 } },
    });
  });

  test.each([
    [{ port: '70000' }, '--port'],
    [{ port: '-1' }, '--port'],
    [{ port: '80x' }, '--port'],
    [{ tls: 'maybe' }, '--tls'],
    [{ log: 'loud' }, '--log'],
    [{ node: 'a b' }, '--node'],
    [{ data: '' }, '--data'],
    [{ host: 'a/b' }, '--host'],
    [{ host: 'relay.local' }, '--host'],
    [{ advertise: 'http://x' }, '--advertise'],
    [{ 'allow-host': 'relay.local:7420' }, '--allow-host'],
    [{ 'allow-host': '*' }, '--allow-host'],
    [{ 'allow-host': Array(33).fill('a').join() }, '--allow-host'],
    [{ 'trusted-proxies': 'proxy.local' }, '--trusted-proxies'],
    [{ redis: '/etc/landline/redis' }, '--redis'],
    [{ metrics: 'localhost:9464' }, '--metrics'],
    [{ metrics: '127.0.0.1' }, '--metrics'],
    [{ metrics: '127.0.0.1:99999' }, '--metrics'],
    [{ metrics: '::1:9464' }, '--metrics'],
    [{ limits: '{' }, '--limits'],
    [{ limits: '[]' }, '--limits'],
    [{ limits: '{"sendPerSecond":5}' }, '--limits'],
    [{ limits: '{"sendsPerSecond":-5}' }, '--limits'],
    [{ limits: '{"sendsPerSecond":"5"}' }, '--limits'],
    [{ limits: '{"__proto__":{"helloMs":1}}' }, '--limits'],
    [{ limits: '{"nameLength":81}' }, '--limits'],
    [{ limits: '{"clientAckMs":1}' }, '--limits'],
    [{ limits: '{"textBytes":16385}' }, '--limits'],
    [{ limits: '{"bytesInPerSecond":1000}' }, '--limits'],
    [{ limits: '{"blobBytes":5368709121}' }, '--limits'],
  ])('refuses %o and names the option', (options, option) => {
    expect(readConfig(options, {})).toEqual({
      ok: false,
      error: { option, problem: expect.any(String) },
    });
  });

  test('names the variable when that is where the mistake is', () => {
    expect(readConfig({}, { LANDLINE_PORT: 'x' })).toMatchObject({
      error: { option: 'LANDLINE_PORT' },
    });
  });

  test.each(['LANDLINE_SECRET', 'LANDLINE_JWT_KEY', 'LANDLINE_TOKEN', 'LANDLINE_PASSWORD'])(
    'refuses the secret %s in the environment',
    (name) => {
      const read = readConfig({}, { [name]: 'hunter2hunter2' });
      expect(read).toMatchObject({ error: { option: name } });
      expect(JSON.stringify(read)).not.toContain('hunter2');
    },
  );

  test('can name variables that mean nothing', () => {
    expect(strayVariables({ LANDLINE_PROT: '1', LANDLINE_PORT: '1', HOME: '/' })).toEqual([
      'LANDLINE_PROT',
    ]);
  });
});
