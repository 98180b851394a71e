/**
 * `npm run lab`: the four doors of one relay under the same traffic, side by side. Two lines of one member at the same door; the one
 * writes, the other reads; then one of them is left alone. `--quick` is a look that is not to be quoted. Loopback without TLS: what a
 * network and its handshakes add, every request of a door pays again.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import type { RelaySocket, RelayTarget } from '../../electron/core/ports.ts';
import { createSystemClock } from '../../electron/host/system-clock.ts';
import { decodeDown, encodeUp } from '../../protocol/codec.ts';
import { DOORS, type Door } from '../../protocol/doors.ts';
import { HTTP, signedIn } from '../../protocol/http.ts';
import type { ChannelId, MessageId } from '../../protocol/ids.ts';
import { v7 } from 'uuid';
import { figure, tableText } from '../kit/table.ts';
import { spentBetween, type Usage } from '../kit/usage.ts';
import { startCounter } from './counter.ts';

const CANNOT: Readonly<Record<Door, string>> = {
  socket: 'pass what takes upgrades out',
  stream: 'pass what keeps answers back; answer a ping',
  'long-poll': 'pass what cuts waiting requests; a burst is many answers',
  poll: 'be quick; be cheap when idle',
};
const PACE_MS = 200;

interface Line {
  readonly socket: RelaySocket;
  /** Resolves when this message was heard. */
  heard(id: string): Promise<void>;
  readonly channel: ChannelId;
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const messages = values.quick ? 10 : 60;
const idleMs = values.quick ? 5_000 : 60_000;
const net = createRelayNet({ clock: createSystemClock() });
const child = fork(join(import.meta.dirname, 'relay.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'] });
const [{ port, setupCode }] = (await once(child, 'message')) as [{ readonly port: number; readonly setupCode: string }];
const token = await setUp(port, setupCode);

const rows: string[][] = [];
for (const door of DOORS) rows.push(await measure(door));
child.disconnect();
const columns = [
  'door',
  'p50 ms',
  'p95 ms',
  'connections/msg',
  'bytes/msg',
  'relay CPU µs/msg',
  'bytes/idle min',
  'wake-ups/idle min',
  'cannot',
];
const notes = [
  `${messages} messages of 40 characters, one each ${PACE_MS} ms, written and read at the door; ${idleMs / 1_000} s idle, one line.`,
  'Loopback, no TLS, load and relay on the same cores. Idle includes a ping each 25 s as the desktop sends it.',
  ...(values.quick ? ['Quick: not to be quoted.'] : []),
];
console.log(tableText({ title: 'Four doors', columns, rows, notes }));

async function setUp(at: number, code: string): Promise<string> {
  const person = { team: 'Lab', name: 'Ada', handle: 'ada', password: 'nine lives of the office cat', device: 'lab' };
  const answer = await net.request(targetAt(at), { method: 'POST', path: HTTP.setup, body: { code, ...person } });
  if (!answer.ok) throw new Error(answer.error.kind);
  return signedIn.parse(answer.value.body).tokens.access;
}

function targetAt(at: number): RelayTarget {
  return { address: `127.0.0.1:${at}`, fingerprint: null, isPlain: true };
}

async function measure(door: Door): Promise<string[]> {
  const counter = await startCounter(port);
  const [writer, reader] = [await open(door, counter.port), await open(door, counter.port)];
  const [before, used] = [counter.counts, await usage(child)];
  const delays: number[] = [];
  for (let n = 0; n < messages; n++) {
    const op = v7() as MessageId;
    const at = performance.now();
    writer.socket.send(encodeUp({ t: 'post', op, channel: writer.channel, text: 'x'.repeat(40) }));
    await reader.heard(op);
    delays.push(performance.now() - at);
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  const [after, spent] = [counter.counts, spentBetween(used, await usage(child))];
  writer.socket.terminate();
  const atRest = counter.counts;
  const pings = setInterval(() => reader.socket.ping(), 25_000);
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  clearInterval(pings);
  const idle = counter.counts;
  reader.socket.terminate();
  counter.close();
  delays.sort((a, b) => a - b);
  const at = (share: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN;
  const perMinute = 60_000 / idleMs;
  return [
    door,
    figure(at(0.5)),
    figure(at(0.95)),
    figure((after.connections - before.connections) / messages),
    figure((after.bytes - before.bytes) / messages),
    figure(spent.cpuUs / messages),
    figure((idle.bytes - atRest.bytes) * perMinute),
    figure((idle.wakeUps - atRest.wakeUps) * perMinute),
    CANNOT[door],
  ];
}

async function open(door: Door, at: number): Promise<Line> {
  const seen = new Set<string>();
  const waiting = new Map<string, () => void>();
  const up = Promise.withResolvers<ChannelId>();
  let channel: ChannelId | undefined;
  const dialed = await net.dial(
    targetAt(at),
    token,
    {
      onText: (text) => {
        const frame = decodeDown(text);
        if (frame?.t === 'welcome') {
          const feed = Object.keys(frame.heads).find((one) => one.startsWith('channel/'));
          channel = feed?.slice('channel/'.length) as ChannelId;
        }
        if (frame?.t === 'caught-up' && channel !== undefined) up.resolve(channel);
        if (frame?.t !== 'page' && frame?.t !== 'events') return;
        for (const event of frame.events) {
          if (event.kind !== 'posted') continue;
          seen.add(event.id);
          waiting.get(event.id)?.();
        }
      },
      onPong: () => undefined,
      onClose: (code) => up.reject(new Error(`${door} closed with ${code}`)),
    },
    door,
  );
  if (!dialed.ok) throw new Error(`${door}: ${dialed.error.kind}`);
  dialed.value.send(encodeUp({ t: 'hello', versions: { min: 1, max: 1 }, epoch: null, positions: {}, focus: null, presence: 'here' }));
  return {
    socket: dialed.value,
    channel: await up.promise,
    heard: (id) => (seen.has(id) ? Promise.resolve() : new Promise((resolve) => waiting.set(id, resolve))),
  };
}

async function usage(from: ChildProcess): Promise<Usage> {
  const told = once(from, 'message') as Promise<[{ readonly usage: Usage }]>;
  from.send('usage');
  return (await told)[0].usage;
}
