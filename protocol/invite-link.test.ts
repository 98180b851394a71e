import { expect, test } from 'vitest';
import {
  formatInviteLink,
  isRelayAddress,
  parseInviteLink,
  showFingerprint,
  type InviteLink,
} from './invite-link.ts';

const KEY = '4f2a'.repeat(16);
const link: InviteLink = {
  purpose: 'join',
  relays: ['10.0.0.5:7420', '[fe80::1]:7420', 'relay.local'],
  code: 'abc-DEF_123',
  fingerprint: KEY,
};

test('a link survives the way out and back', () => {
  expect(parseInviteLink(formatInviteLink(link))).toEqual({ ok: true, value: link });
  const open = { ...link, purpose: 'setup' as const, fingerprint: null };
  expect(parseInviteLink(`  ${formatInviteLink(open)}\n`)).toEqual({ ok: true, value: open });
});

test.each([
  ['https://example.org/?relay=a&code=b', 'not-a-link'],
  ['landline://join', 'not-a-link'],
  ['landline://burn?relay=a&code=b', 'not-a-link'],
  ['landline://join?code=abc', 'no-relay'],
  ['landline://join?relay=http%3A%2F%2Fevil&code=abc', 'no-relay'],
  ['landline://join?relay=a%00b&code=abc', 'no-relay'],
  ['landline://join?relay=%E0%A4%A&code=abc', 'no-relay'],
  ['landline://join?relay=a:70000&code=abc', 'no-relay'],
  ['landline://join?relay=a', 'no-code'],
  ['landline://join?relay=a&code=<script>', 'no-code'],
  ['landline://join?relay=a&code=x&key=zz', 'bad-key'],
  [`landline://join?relay=${'a,'.repeat(2000)}&code=x`, 'not-a-link'],
])('%s is refused: %s', (typed, error) =>
  expect(parseInviteLink(typed)).toEqual({ ok: false, error }),
);

test('addresses are hosts, with or without a port', () => {
  expect(['relay', 'relay.local:80', '10.0.0.1', '[::1]:7420', '中繼'].map(isRelayAddress)).toEqual(
    [true, true, true, true, true],
  );
  expect(['', 'a/b', 'a b', 'user@host', ':80', 'a:99999', '-a'].map(isRelayAddress)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('a fingerprint is shown in pairs', () => expect(showFingerprint('4f2a9c')).toBe('4F:2A:9C'));
