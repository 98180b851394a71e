/** Who may stand at the door: few of one address, some in all, and nobody is counted who went away or was let in. */
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { Doorkeeper } from './doorkeeper.ts';

let ports = 1_000;
function from(address: string): Socket {
  const port = ++ports;
  return Object.defineProperties(new Socket(), {
    remoteAddress: { value: address },
    remotePort: { value: port },
  });
}
const keeper = (trustedProxies: readonly string[] = []): Doorkeeper =>
  new Doorkeeper({
    limits: DEFAULT_LIMITS,
    trustedProxies: new Set(trustedProxies),
    onFull: () => undefined,
  });
const arrivals = (door: Doorkeeper, addresses: readonly string[]): number =>
  addresses.map(from).filter((socket) => door.arrive(socket) && !socket.destroyed).length;
const { socketsUnauthenticated, socketsUnauthenticatedPerAddress } = DEFAULT_LIMITS;
const everybody = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`);

describe('at the door may stand', () => {
  test('socketsUnauthenticatedPerAddress of one address', () => {
    const door = keeper();
    expect(arrivals(door, Array<string>(100).fill('10.0.0.7'))).toBe(
      socketsUnauthenticatedPerAddress,
    );
    expect(arrivals(door, ['10.0.0.8'])).toBe(1);
  });

  test('an address that is written in two ways once', () => {
    const door = keeper();
    arrivals(door, Array<string>(socketsUnauthenticatedPerAddress).fill('10.0.0.7'));
    expect(arrivals(door, ['::ffff:10.0.0.7'])).toBe(0);
  });

  test('socketsUnauthenticated in all, also when they come through a proxy', () => {
    expect(arrivals(keeper(), everybody(1_000))).toBe(socketsUnauthenticated);
    expect(arrivals(keeper(['10.0.0.1']), Array<string>(1_000).fill('10.0.0.1'))).toBe(
      socketsUnauthenticated,
    );
  });

  test('another one for each that went away or was let in', async () => {
    const door = keeper();
    const sockets = Array.from({ length: socketsUnauthenticatedPerAddress }, () =>
      from('10.0.0.7'),
    );
    for (const socket of sockets) door.arrive(socket);
    expect(arrivals(door, ['10.0.0.7'])).toBe(0);
    door.admit(sockets[0] as Socket);
    sockets[1]?.destroy();
    await new Promise((resolve) => sockets[1]?.once('close', resolve));
    expect(door.waiting).toBe(socketsUnauthenticatedPerAddress - 2);
    expect(arrivals(door, Array<string>(5).fill('10.0.0.7'))).toBe(2);
  });
});
