/** Connections without a token are counted by network; a newcomer always has a place. */
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { NetworkRates } from '../limits/network-rates.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { UnauthenticatedConnections, type UnauthenticatedParts } from './unauthenticated.ts';

const PROXY = '10.0.0.1';
let ports = 1_000;
const from = (remoteAddress: string | undefined): Socket =>
  Object.defineProperties(new Socket(), {
    remoteAddress: { value: remoteAddress },
    remotePort: { value: ++ports },
  });

function start(change: Partial<Limits> = {}, more: Partial<UnauthenticatedParts> = {}) {
  const clock = createFakeClock();
  const limits = { ...DEFAULT_LIMITS, ...change };
  let full = 0;
  const connections = new UnauthenticatedConnections({
    limits,
    rates: new NetworkRates({ limiter: new RateLimiter({ clock }), limits }),
    trustedProxies: new Set([PROXY]),
    onFull: () => void full++,
    ...more,
  });
  const arrive = (address: string, count = 1): readonly Socket[] =>
    Array.from({ length: count }, () => {
      const socket = from(address);
      connections.arrive(socket);
      return socket;
    });
  return { clock, connections, arrive, full: () => full };
}
const standing = (sockets: readonly Socket[]): number =>
  sockets.filter(({ destroyed }) => !destroyed).length;
const { socketsUnauthenticated, socketsUnauthenticatedPerAddress, socketsUnauthenticatedKnown } =
  DEFAULT_LIMITS;

test.each(['10.0.0.7', '::ffff:10.0.0.7', '2001:db8:1:2::7'])(
  'of %s the last socketsUnauthenticatedPerAddress stand',
  (address) => {
    const { connections, arrive, full } = start();
    const sockets = arrive(address, 100);
    expect(standing(sockets.slice(-socketsUnauthenticatedPerAddress))).toBe(
      socketsUnauthenticatedPerAddress,
    );
    expect([connections.size, full()]).toEqual([
      socketsUnauthenticatedPerAddress,
      100 - socketsUnauthenticatedPerAddress,
    ]);
  },
);

test('every address of an IPv6 /64 is one network', () => {
  const { connections, arrive } = start();
  for (let n = 0; n < 600; n++) arrive(`2001:db8:1:2:${n.toString(16)}::1`);
  expect(connections.size).toBe(socketsUnauthenticatedPerAddress);
});

test('socketsUnauthenticated stand in all, 40 newcomers of 40 networks among them', () => {
  const { connections, arrive } = start();
  for (let n = 0; n < 1_000; n++) arrive(`2001:db8:1:${n.toString(16)}::1`);
  const members = Array.from({ length: 40 }, (_, n) => arrive(`10.1.${n}.1`)).flat();
  for (let n = 0; n < 1_000; n++) arrive(`2001:db8:1:${n.toString(16)}::1`);
  expect([standing(members), connections.size]).toEqual([40, socketsUnauthenticated]);
});

test('strangers take none of the socketsUnauthenticatedKnown places of known networks', () => {
  const { connections, arrive } = start();
  const known = (n: number): string => `10.200.${n}.1`;
  for (let n = 0; n < 50; n++) connections.admit(arrive(known(n))[0] as Socket);
  const members = Array.from({ length: socketsUnauthenticatedKnown }, (_, n) =>
    arrive(`::ffff:${known(n % 50)}`),
  ).flat();
  for (let n = 0; n < 2_000; n++) arrive(`10.${n >> 8}.${n & 255}.99`);
  expect(standing(members)).toBe(socketsUnauthenticatedKnown);
  // One more of theirs, and an older one of theirs gives way.
  arrive(known(0));
  expect([members[0]?.destroyed, standing(members)]).toEqual([
    true,
    socketsUnauthenticatedKnown - 1,
  ]);
});

test('a network that is known has no more places than another', () => {
  const { connections, arrive } = start();
  connections.admit(arrive('10.0.0.7')[0] as Socket);
  expect(standing(arrive('10.0.0.7', 100))).toBe(socketsUnauthenticatedPerAddress);
});

test('as many networks as knownNetworks are remembered, those that showed a token last', () => {
  const { connections, arrive } = start({ knownNetworks: 2, socketsUnauthenticated: 1 });
  for (const n of [1, 2, 1, 3]) connections.admit(arrive(`10.0.2.${n}`)[0] as Socket);
  // Strangers have one place, and the last of these takes it from those that are not known.
  const waiting = [1, 2, 3].map((n) => arrive(`10.0.2.${n}`)).flat();
  arrive('10.9.9.9');
  expect(waiting.map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
});

test('a network connects connectionsBurst times at once, then connectionsPerSecond', () => {
  const { clock, arrive, full } = start({
    connectionsPerSecond: 1,
    connectionsBurst: 5,
    wideNetworkFactor: 2,
  });
  expect(standing(arrive('10.0.0.7', 6))).toBe(5);
  expect(full()).toBe(1);
  clock.advance(2_000);
  expect(standing(arrive('10.0.0.7', 6))).toBe(2);
  // The /24 of an address may do wideNetworkFactor times as much, whichever of its addresses
  // connects.
  const neighbours = [
    ...arrive('10.0.1.8', 5),
    ...arrive('10.0.1.9', 4),
    ...arrive('10.0.1.10', 4),
  ];
  expect(standing(neighbours)).toBe(10);
  expect(standing(arrive(PROXY, 20))).toBe(20);
});

test('a connection that is gone before it is counted is not held', () => {
  const { connections } = start();
  const socket = from(undefined);
  connections.arrive(socket);
  expect([socket.destroyed, connections.size]).toEqual([true, 0]);
});

test('one that closes or shows a good token is not counted any more', async () => {
  const { connections, arrive } = start();
  const [first, second] = arrive('10.0.0.7', 2) as [Socket, Socket];
  connections.admit(first);
  expect([connections.size, first.listenerCount('close')]).toEqual([1, 0]);
  second.destroy();
  await new Promise((resolve) => second.once('close', resolve));
  expect(connections.size).toBe(0);
});

test('connections of a proxy count with their client while they carry a request', () => {
  const { connections, arrive } = start();
  const slow = arrive(PROXY, 100);
  for (const socket of slow) connections.request(socket, '203.0.113.9');
  expect(standing(slow)).toBe(socketsUnauthenticatedPerAddress);
  const own = arrive(PROXY, 100);
  for (const socket of own) connections.request(socket, PROXY);
  expect(standing(own)).toBe(100);
  const idle = arrive(PROXY, 100);
  expect(standing(idle)).toBe(100);
  for (const socket of idle) {
    connections.request(socket, '203.0.113.9');
    connections.answered(socket);
  }
  expect(standing(idle)).toBe(100);
});

test('a connection does not give way while the relay owes it an answer', () => {
  const { connections, arrive } = start();
  const asking = arrive('10.0.0.7', 15);
  for (const socket of asking) connections.received(socket);
  const later = arrive('10.0.0.7', 100);
  expect([standing(asking), standing(later)]).toEqual([15, socketsUnauthenticatedPerAddress]);
  // Answered, they are counted again, as the newest.
  for (const socket of asking) connections.answered(socket);
  expect([standing(asking), standing(later)]).toEqual([15, socketsUnauthenticatedPerAddress - 15]);
});
