import { describe, expect, test } from 'vitest';
import { isRelayAddress } from '../../protocol/invite-link.ts';
import {
  advertisedAddresses,
  certificateHosts,
  type AddressesParts,
  type Interfaces,
} from './addresses.ts';

const entry = (address: string, internal = false) => ({
  address,
  internal,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
  netmask: '',
  mac: '',
  cidr: null,
  ...(address.includes(':') ? { scopeid: 0 } : {}),
});
const interfaces = {
  lo: [entry('127.0.0.1', true), entry('::1', true)],
  eth0: [entry('fe80::1'), entry('2001:db8::5'), entry('10.0.0.5')],
  wlan0: [entry('192.168.1.5'), entry('169.254.9.9')],
} as unknown as Interfaces;
const parts: AddressesParts = {
  interfaces,
  hostname: 'Lab-PC',
  port: 7420,
  host: '::',
  advertised: [],
};

describe('the addresses of an invite', () => {
  test('are those of the machine, IPv4 first, then its name; never loopback or link-local', () => {
    const list = advertisedAddresses(parts);
    expect(list).toEqual([
      '10.0.0.5:7420',
      '192.168.1.5:7420',
      '[2001:db8::5]:7420',
      'lab-pc.local:7420',
    ]);
    expect(list.every(isRelayAddress)).toBe(true);
  });

  test('are without IPv6 where the relay does not listen on it', () => {
    expect(advertisedAddresses({ ...parts, host: '0.0.0.0' })).toEqual([
      '10.0.0.5:7420',
      '192.168.1.5:7420',
      'lab-pc.local:7420',
    ]);
  });

  test('are the one address the relay listens on', () => {
    expect(advertisedAddresses({ ...parts, host: '127.0.0.1', port: 4000 })).toEqual([
      '127.0.0.1:4000',
    ]);
    expect(advertisedAddresses({ ...parts, host: '2001:db8::5' })).toEqual(['[2001:db8::5]:7420']);
  });

  test('are what the operator says, with the port added where it is missing', () => {
    const advertised = [
      'chat.example',
      'chat.example:443',
      '10.1.1.1',
      '[2001:db8::9]',
      '[2001:db8::9]:443',
    ];
    expect(advertisedAddresses({ ...parts, advertised })).toEqual([
      'chat.example:7420',
      'chat.example:443',
      '10.1.1.1:7420',
      '[2001:db8::9]:7420',
      '[2001:db8::9]:443',
    ]);
  });

  test('are this machine itself where it has no network and no name', () => {
    expect(advertisedAddresses({ ...parts, interfaces: {}, hostname: 'localhost' })).toEqual([
      '127.0.0.1:7420',
    ]);
    expect(advertisedAddresses({ ...parts, interfaces: {}, hostname: 'bad name!' })).toEqual([
      '127.0.0.1:7420',
    ]);
  });

  test('are at most eight', () => {
    const many = {
      eth0: Array.from({ length: 30 }, (_, n) => entry(`10.0.0.${n + 1}`)),
    } as unknown as Interfaces;
    expect(advertisedAddresses({ ...parts, interfaces: many })).toHaveLength(8);
  });
});

test('the certificate speaks for all of them, without ports, and for this machine', () => {
  const { port: _port, ...rest } = parts;
  expect(certificateHosts(rest)).toEqual([
    'localhost',
    '127.0.0.1',
    '::1',
    '10.0.0.5',
    '192.168.1.5',
    '2001:db8::5',
    'lab-pc.local',
  ]);
  expect(
    certificateHosts({ ...rest, advertised: ['chat.example:443', '[2001:db8::9]:443'] }),
  ).toEqual(['localhost', '127.0.0.1', '::1', 'chat.example', '2001:db8::9']);
});
