import { expect, test } from 'vitest';
import { createKnownHosts } from './known-hosts.ts';

const isKnown = createKnownHosts([
  'chat.example:443',
  'Relay.LOCAL',
  '10.0.0.5:7420',
  'bücher.example',
]);

test.each([
  '127.0.0.1',
  '127.0.0.1:7420',
  '[::1]:7420',
  '[fd00::5]',
  '192.168.1.20:1',
  'localhost',
  'LOCALHOST:7420',
  'chat.example',
  'chat.example:7420',
  'CHAT.example.:443',
  'relay.local',
  'xn--bcher-kva.example',
])('%s is known', (host) => expect(isKnown(host)).toBe(true));

test.each([
  'evil.example',
  'chat.example.evil.example',
  'evil.chat.example',
  'example',
  'localhost.evil.example',
  '127.0.0.1.nip.io',
  'relay',
])('%s is not', (host) => expect(isKnown(host)).toBe(false));
