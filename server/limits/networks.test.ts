import { describe, expect, test } from 'vitest';
import { networkOf, networksOf, plainAddress } from './networks.ts';

test.each([
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['::FFFF:10.0.0.7', '10.0.0.7'],
  ['::ffff:a00:7', '10.0.0.7'],
  ['0:0:0:0:0:ffff:10.0.0.7', '10.0.0.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::10.0.0.7', '2001:db8:1:2::/64'],
  ['::', '0:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['session 0198', 'session 0198'],
  ['', ''],
])('the network of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));

describe('wider networks come first', () => {
  test('of an IPv4 address its /24, mapped into IPv6 or not', () => {
    expect(networksOf('10.1.2.3')).toEqual(['10.1.2.0/24', '10.1.2.3']);
    expect(networksOf('::ffff:10.1.2.3')).toEqual(networksOf('10.1.2.3'));
  });

  test('of an IPv6 address its /48 and /56', () => {
    const all = ['2001:db8:1::/48', '2001:db8:1:ab00::/56', '2001:db8:1:abcd::/64'];
    expect(networksOf('2001:db8:1:abcd::1')).toEqual(all);
    // Every address of the /64 is in the same three, and another /64 of the /48 shares the first.
    expect(networksOf('2001:db8:1:abcd:ffff:ffff:ffff:ffff')).toEqual(all);
    expect(networksOf('2001:db8:1:1::1')[0]).toBe(all[0]);
  });
});

test.each([
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['::ffff:a00:7', '10.0.0.7'],
  ['2001:DB8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is written %s', (address, plain) => expect(plainAddress(address)).toBe(plain));
