import { expect, test } from 'vitest';
import { trustOf } from './trust.ts';

const KEY = 'a1'.repeat(32);

test.each([
  ['a key, whatever the address', 'relay.lan:7420', KEY, `key:${KEY}`],
  ['a key at another address', '10.0.0.5:7421', KEY, `key:${KEY}`],
  ['a public certificate, by its name', 'relay.example:7420', null, 'name:relay.example'],
  ['the same name at another port', 'relay.example:443', null, 'name:relay.example'],
  ['another name', 'relay.evil.example:7420', null, 'name:relay.evil.example'],
  ['an address with a public certificate', '[2001:db8::1]:7420', null, 'name:2001:db8::1'],
  ['plain, by port: other accounts have ports too', 'ws://127.0.0.1:80', KEY, 'plain:127.0.0.1:80'],
])('a relay is known by %s', (_by, address, fingerprint, trust) => {
  expect(trustOf({ address, fingerprint })).toBe(trust);
});
