import { expect, test } from 'vitest';
import { ConnectionLimit } from './connection-limit.ts';
import { networksOf } from './networks.ts';

interface Connection {
  readonly name: string;
}

function start(most: number, mostPerGroup?: number) {
  const closed: string[] = [];
  const limit = new ConnectionLimit<Connection>({
    most,
    ...(mostPerGroup === undefined ? {} : { mostPerGroup }),
    close: ({ name }) => closed.push(name),
  });
  const add = (name: string, address: string): Connection => {
    const connection = { name };
    limit.add(connection, networksOf(address));
    return connection;
  };
  const crowd = (count: number, addressOf: (n: number) => string): void => {
    for (let n = 0; n < count; n++) add(`crowd ${n}`, addressOf(n));
  };
  return { closed, limit, add, crowd };
}

test('beyond mostPerGroup the oldest of the group is closed, and of others none', () => {
  const { closed, limit, add } = start(10, 2);
  for (const name of ['a1', 'a2']) add(name, '10.0.0.1');
  add('b1', '10.0.0.2');
  add('a3', '10.0.0.1');
  expect([closed, limit.size]).toEqual([['a1'], 3]);
});

test('an address that is written in two ways is one group', () => {
  const { closed, add } = start(10, 1);
  add('plain', '10.0.0.7');
  add('mapped', '::ffff:10.0.0.7');
  expect(closed).toEqual(['plain']);
});

test('when full, the oldest of the network that holds most is closed, and a newcomer stays', () => {
  const { closed, limit, add } = start(5);
  add('member', '10.0.1.1');
  for (const name of ['x1', 'x2', 'x3']) add(name, '10.0.2.1');
  add('other', '10.0.3.1');
  add('newcomer', '10.0.4.1');
  expect([closed, limit.size]).toEqual([['x1'], 5]);
});

test('inside the network the address that holds most goes first', () => {
  const { closed, add } = start(4);
  // A member of the /24 in which one address has most.
  add('neighbour', '10.0.1.1');
  for (const name of ['x1', 'x2', 'x3']) add(name, '10.0.1.66');
  add('newcomer', '10.9.9.9');
  expect(closed).toEqual(['x1']);
});

test.each([
  ['a /64', (n: number) => `2001:db8:1:2::${n.toString(16)}`],
  ['a /56', (n: number) => `2001:db8:1:2${(n & 255).toString(16).padStart(2, '0')}::1`],
  ['a /48', (n: number) => `2001:db8:1:${n.toString(16)}::1`],
  ['an IPv4 /24', (n: number) => `10.0.0.${n & 255}`],
  ['an IPv4 /24, mapped', (n: number) => `::ffff:10.0.0.${n & 255}`],
  ['25 addresses of 25 networks', (n: number) => `10.${n % 25}.0.1`],
])('the owner of %s closes only their own, and 40 others stay', (_what, addressOf) => {
  const { closed, crowd, add, limit } = start(500, 20);
  crowd(500, addressOf);
  const members = Array.from({ length: 40 }, (_, n) => add(`member ${n}`, `192.0.${n}.1`));
  crowd(2_000, addressOf);
  expect(closed.filter((name) => name.startsWith('member'))).toEqual([]);
  expect(members.every((member) => limit.remove(member))).toBe(true);
  expect(limit.size).toBeLessThanOrEqual(460);
});

test('one that is removed is not closed, and makes room', () => {
  const { closed, limit, add } = start(2);
  const first = add('first', '10.0.0.1');
  add('second', '10.0.0.2');
  expect([limit.remove(first), limit.remove(first)]).toEqual([true, false]);
  add('third', '10.0.0.3');
  expect([closed, limit.size]).toEqual([[], 2]);
});

test('one that is added again is held once, as the newest, in its new group', () => {
  const { closed, limit, add } = start(2);
  const first = add('first', '10.0.0.1');
  add('second', '10.0.1.2');
  limit.add(first, networksOf('10.0.2.3'));
  expect(limit.size).toBe(2);
  add('third', '10.0.3.3');
  expect(closed).toEqual(['second']);
});
