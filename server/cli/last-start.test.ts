import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLastStart, writeLastStart } from './last-start.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-start-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const START = {
  port: 7420,
  host: '127.0.0.1',
  tls: 'off',
  proxyCertificate: '/etc/landline/proxy.pem',
  advertise: ['chat.example'],
  keys: '/etc/landline/keys',
  postgres: '/etc/landline/postgres',
  redis: '/etc/landline/redis',
  blobs: '/srv/blobs',
} as const;

test('what the relay was started with is what is read', () => {
  writeLastStart(join(folder, 'start.json'), START);
  expect(readLastStart(join(folder, 'start.json'))).toEqual(START);
});

test('what was written before a relay could stand among others is read too', () => {
  const { port, host, tls, advertise } = START;
  writeFileSync(join(folder, 'start.json'), JSON.stringify({ port, host, tls, advertise }));
  const rest = { proxyCertificate: null, postgres: null, redis: null, blobs: null };
  expect(readLastStart(join(folder, 'start.json'))).toEqual({
    port,
    host,
    tls,
    advertise,
    ...rest,
  });
});
