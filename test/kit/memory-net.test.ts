// The simulated network has the manners of a real one, or what is proved on it proves nothing.
import { beforeEach, describe, expect, test } from 'vitest';
import type { RelaySocket } from '../../electron/core/ports.ts';
import { fail, ok } from '../../protocol/result.ts';
import type { TextWireParts } from '../../server/gateway/wire.ts';
import { createChance } from './chance.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import type { Line } from './memory-line.ts';
import { createMemoryNet, FAIR, type Computer, type MemoryNet } from './memory-net.ts';
import { createNodeClock, type NodeClock } from './node-clock.ts';
import { createTurns } from './turns.ts';

const AT = 'relay.test:1';
const TARGET = { address: AT, fingerprint: null };

/** One side of the relay as the network sees it. */
interface Seat {
  readonly wire: TextWireParts;
  readonly heard: string[];
}

let clock: FakeClock;
let net: MemoryNet;
let desk: NodeClock;
let tower: NodeClock;
let computer: Computer;
let seats: Seat[];
let heard: string[];
let leave: (isSilent: boolean) => void;
const turns = createTurns();

async function advance(ms: number): Promise<void> {
  const until = clock.monotonic() + ms;
  await turns.settle();
  for (let next = clock.nextAt; next !== undefined && next <= until; next = clock.nextAt) {
    clock.runNext();
    await turns.settle();
  }
  clock.advance(until - clock.monotonic());
}

beforeEach(() => {
  clock = createFakeClock();
  net = createMemoryNet({ clock, chance: createChance('net') });
  desk = createNodeClock({ world: clock });
  tower = createNodeClock({ world: clock });
  computer = net.computer('desk', desk);
  seats = [];
  heard = [];
  leave = net.listen(AT, {
    clock: tower,
    fingerprint: 'ff',
    upgrade: async (token) =>
      token === 'good'
        ? ok({
            connect: (wire: TextWireParts) => {
              const seat: Seat = { wire, heard: [] };
              seats.push(seat);
              return {
                receive: (text: string) => void seat.heard.push(text),
                heard: () => void seat.heard.push('(sign of life)'),
                drained: () => void seat.heard.push('(drained)'),
                closed: () => void seat.heard.push('(closed)'),
              };
            },
          })
        : fail({ status: 401, retryAfterMs: null }),
    request: async ({ path }) => ({ status: 200, body: { path } }),
  });
});

async function dial(token = 'good'): Promise<RelaySocket | string> {
  const events = {
    onText: (text: string) => void heard.push(text),
    onPong: () => void heard.push('(pong)'),
    onClose: (code: number) => void heard.push(`(closed ${code})`),
  };
  const dialed = computer.net.dial(TARGET, token, events);
  await advance(50);
  return Promise.race([
    dialed.then((result) => (result.ok ? result.value : result.error.kind)),
    Promise.resolve().then(() => 'still dialing'),
  ]);
}

async function up(): Promise<{
  readonly socket: RelaySocket;
  readonly line: Line;
  readonly seat: Seat;
}> {
  const socket = await dial();
  const [line] = computer.lines();
  const seat = seats.at(-1);
  if (typeof socket === 'string' || !line || !seat)
    throw new Error(typeof socket === 'string' ? `no line: ${socket}` : 'no line');
  return { socket, line, seat };
}

test('frames arrive both ways, in order, later than they were sent', async () => {
  const { socket, seat } = await up();
  for (const text of ['a', 'b', 'c']) socket.send(text);
  for (const text of ['x', 'y', 'z']) seat.wire.send(text);
  expect([seat.heard, heard]).toEqual([[], []]);
  await advance(100);
  expect([seat.heard, heard]).toEqual([
    ['a', 'b', 'c'],
    ['x', 'y', 'z'],
  ]);
});

test('a ping is answered by a living computer, and not by a sleeping one', async () => {
  const { socket, seat } = await up();
  socket.ping();
  seat.wire.ping?.();
  await advance(100);
  expect([seat.heard, heard]).toEqual([['(sign of life)', '(sign of life)'], ['(pong)']]);
  desk.sleep();
  seat.wire.ping?.();
  await advance(10_000);
  expect(seat.heard).toHaveLength(2);
});

describe('dialling', () => {
  test('a bad token is refused before there is a line', async () => {
    expect(await dial('bad')).toBe('refused');
    expect(seats).toEqual([]);
  });

  test('nobody there, no network, and no way there all look alike after a while', async () => {
    computer.setOnline(false);
    expect(await dial()).toBe('unreachable');
    computer.setOnline(true);
    net.weather = { ...FAIR, lost: 1 };
    const dialed = computer.net.dial(TARGET, 'good', {
      onText: () => undefined,
      onPong: () => undefined,
      onClose: () => undefined,
    });
    await advance(10_000);
    expect(await dialed).toEqual({ ok: false, error: { kind: 'unreachable' } });
    leave(false);
    expect(await dial()).toBe('unreachable');
  });

  test('an attempt whose answer is lost leaves a socket at the relay that nobody holds', async () => {
    net.weather = { ...FAIR, answerLost: 1 };
    expect(await dial()).toBe('still dialing');
    expect(seats).toHaveLength(1);
  });

  test('an attempt may arrive twice', async () => {
    net.weather = { ...FAIR, ghost: 1 };
    await up();
    expect(seats).toHaveLength(2);
  });

  test('a request is answered, or its answer is lost after it was carried out', async () => {
    const ask = () => computer.net.request(TARGET, { method: 'GET', path: '/x' });
    const answered = ask();
    await advance(100);
    expect(await answered).toEqual({ ok: true, value: { status: 200, body: { path: '/x' } } });
    net.weather = { ...FAIR, answerLost: 1 };
    const lost = ask();
    await advance(20_000);
    expect(await lost).toEqual({ ok: false, error: { kind: 'unreachable' } });
  });
});

describe('a line that ends', () => {
  test('the relay closes: what it said before arrives first, then the code; nothing after it', async () => {
    const { socket, seat } = await up();
    seat.wire.send('last words');
    seat.wire.close(4000);
    seat.wire.send('too late');
    socket.send('too late as well');
    await advance(100);
    expect([heard, seat.heard]).toEqual([['last words', '(closed 4000)'], []]);
  });

  test('the client ends it: it hears nothing more, the relay hears of it', async () => {
    const { socket, seat } = await up();
    socket.terminate();
    seat.wire.send('anybody?');
    await advance(100);
    expect([heard, seat.heard.at(-1)]).toEqual([[], '(closed)']);
  });

  test('a cut loses what is under way, and either side may hear of it late or never', async () => {
    const { socket, line, seat } = await up();
    socket.send('lost');
    seat.wire.send('lost too');
    line.cut({ clientHearsMs: 500, relayHearsMs: null, isUpLate: false });
    socket.send('into the void');
    await advance(499);
    expect(heard).toEqual([]);
    await advance(100_000);
    expect([heard, seat.heard]).toEqual([['(closed 1006)'], []]);
  });

  test('late frames of an old line come after those of a new one', async () => {
    const { socket, line, seat } = await up();
    line.up.hole();
    socket.send('from the old line');
    const next = await up();
    next.socket.send('from the new line');
    await advance(100);
    expect([seat.heard, next.seat.heard]).toEqual([[], ['from the new line']]);
    line.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: true });
    await advance(100);
    expect(seat.heard).toEqual(['from the old line', '(closed)']);
  });

  test('a line can be cut after so many frames', async () => {
    const { line, seat } = await up();
    line.cutAfter('down', 2);
    for (const text of ['1', '2', '3']) seat.wire.send(text);
    await advance(100);
    expect(heard).toEqual(['(closed 1006)']);
  });

  test('a relay that dies ends its lines; a machine that goes dark tells nobody', async () => {
    await up();
    leave(true);
    await advance(100_000);
    expect(heard).toEqual([]);
    expect(computer.lines()).toEqual([]);
  });

  test('a desktop that dies is heard of, or not', async () => {
    const { seat } = await up();
    computer.kill(false);
    await advance(100);
    expect(seat.heard).toEqual(['(closed)']);
  });
});

test('a black hole keeps what goes in and lets the other way pass; when it closes, everything arrives', async () => {
  const { socket, line, seat } = await up();
  line.up.hole();
  socket.send('a');
  seat.wire.send('x');
  await advance(60_000);
  expect([seat.heard, heard]).toEqual([[], ['x']]);
  line.up.heal();
  await advance(100);
  expect(seat.heard).toEqual(['a']);
});

test('what comes while a computer sleeps it hears on waking, in order', async () => {
  const { seat } = await up();
  desk.sleep();
  for (const text of ['1', '2']) seat.wire.send(text);
  seat.wire.close(4008);
  await advance(5_000);
  expect([heard, computer.lines()]).toEqual([[], []]);
  desk.wake();
  computer.wake();
  await advance(100);
  expect(heard).toEqual(['1', '2', '(closed 4008)']);
});

test('what a sleeper does not take stands in the queue, and when it is taken the relay is told', async () => {
  const { seat } = await up();
  desk.sleep();
  seat.wire.send('x'.repeat(100_000));
  await advance(1_000);
  expect(seat.wire.queuedBytes?.()).toBeGreaterThan(80_000);
  desk.wake();
  computer.wake();
  await advance(1_000);
  expect([seat.wire.queuedBytes?.(), seat.heard]).toEqual([0, ['(drained)']]);
});

test('frames can be watched, and changed on the way', async () => {
  const seen: string[] = [];
  net = createMemoryNet({
    clock,
    chance: createChance('net'),
    onFrame: ({ way, text }) => void seen.push(`${way} ${text}`),
    filter: ({ text }) => (text === 'a' ? [] : [text, text]),
  });
  computer = net.computer('desk', desk);
  const door = {
    clock: tower,
    fingerprint: 'ff',
    request: async () => ({ status: 200, body: null }),
  };
  const said: string[] = [];
  net.listen(AT, {
    ...door,
    upgrade: async () =>
      ok({
        connect: () => ({
          receive: (text: string) => void said.push(text),
          heard: () => undefined,
          drained: () => undefined,
          closed: () => undefined,
        }),
      }),
  });
  const socket = await dial();
  if (typeof socket === 'string') throw new Error(socket);
  socket.send('a');
  socket.send('b');
  await advance(100);
  expect([seen, said]).toEqual([
    ['up a', 'up b'],
    ['b', 'b'],
  ]);
});
