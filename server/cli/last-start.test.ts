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
} as const;

test('what the relay was started with is what is read', () => {
  writeLastStart(join(folder, 'start.json'), START);
  expect(readLastStart(join(folder, 'start.json'))).toEqual(START);
});

test('what was written before there were proxies with a key of their own is read too', () => {
  const { proxyCertificate: _, ...older } = START;
  writeFileSync(join(folder, 'start.json'), JSON.stringify(older));
  expect(readLastStart(join(folder, 'start.json'))).toEqual({ ...older, proxyCertificate: null });
});
