/**
 * `npm run lab`: the four doors of a relay side by side, measured as the window does it (Settings > Connection), on a relay of its own with
 * its own key. `--quick` is a look that is not to be quoted. Loopback: what a network adds, every request of a door pays again.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DoorRow } from '../../electron/bridge/lab.ts';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import { compareDoors, LAB_PLAN, type LabPlan } from '../../electron/core/lab/compare-doors.ts';
import { createNewId } from '../../electron/core/new-id.ts';
import type { RelayTarget } from '../../electron/core/ports.ts';
import { createSystemClock, createSystemRandom } from '../../electron/host/system-clock.ts';
import type { Door } from '../../protocol/doors.ts';
import { HTTP, signedIn } from '../../protocol/http.ts';
import { ok } from '../../protocol/result.ts';
import { PROTOCOL_VERSIONS } from '../../protocol/version.ts';
import { figure, tableText } from '../kit/table.ts';

const CANNOT: Readonly<Record<Door, string>> = {
  socket: 'pass what takes upgrades out',
  stream: 'pass what keeps answers back; answer a ping',
  'long-poll': 'pass what cuts waiting requests; a burst is many answers',
  poll: 'be quick; be cheap when idle',
};
const COLUMNS = [
  'door',
  'p50 ms',
  'p95 ms',
  'requests/msg',
  'bytes/msg',
  'relay CPU µs/msg',
  'bytes/idle min',
  'wake-ups/idle min',
  'cannot',
];

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const plan: LabPlan = values.quick
  ? { ...LAB_PLAN, messages: 10, idleMs: 5_000 }
  : { ...LAB_PLAN, messages: 60 };
const [clock, random] = [createSystemClock(), createSystemRandom()];
const net = createRelayNet({ clock });
const child = fork(join(import.meta.dirname, 'relay.ts'), {
  execArgv: ['--disable-warning=ExperimentalWarning'],
});
const [relay] = (await once(child, 'message')) as [
  { readonly port: number; readonly fingerprint: string; readonly setupCode: string },
];
const target: RelayTarget = { address: `127.0.0.1:${relay.port}`, fingerprint: relay.fingerprint };
const token = await setUp();

let rows: readonly DoorRow[] = [];
const hello = {
  t: 'hello',
  versions: PROTOCOL_VERSIONS,
  epoch: null,
  positions: {},
  focus: null,
  presence: 'here',
} as const;
const parts = {
  clock,
  net,
  newId: createNewId({ clock, random }),
  target: () => target,
  access: async () => ok(token),
  hello: () => hello,
};
for await (const all of compareDoors(parts, plan, new AbortController().signal)) rows = all;
child.disconnect();
const notes = [
  `${plan.messages} echoes of 40 characters, one each ${plan.paceMs} ms, said and heard at the door; ${plan.idleMs / 1_000} s idle.`,
  'Loopback with the relay’s own TLS, this program and the relay on the same cores. Idle includes a ping each 25 s as the desktop sends it.',
  ...(values.quick
    ? ['Quick: not to be quoted. The idle minute is reckoned from what was measured of it.']
    : []),
];
console.log(tableText({ title: 'Four doors', columns: COLUMNS, rows: rows.map(cells), notes }));

async function setUp(): Promise<string> {
  const person = {
    team: 'Lab',
    name: 'Ada',
    handle: 'ada',
    password: 'nine lives of the office cat',
    device: 'lab',
  };
  const answer = await net.request(target, {
    method: 'POST',
    path: HTTP.setup,
    body: { code: relay.setupCode, ...person },
  });
  if (!answer.ok) throw new Error(answer.error.kind);
  return signedIn.parse(answer.value.body).tokens.access;
}

function cells({ door, traffic, idle }: DoorRow): string[] {
  if (traffic.state !== 'measured') throw new Error(`${door}: ${JSON.stringify(traffic)}`);
  if (idle.state !== 'measured') throw new Error(`${door} at rest: ${JSON.stringify(idle)}`);
  const { p50Ms, p95Ms, requests, bytes, cpu } = traffic.figures;
  const cpuUs = cpu.state === 'measured' ? cpu.usPerMessage : Number.NaN;
  return [
    door,
    ...[p50Ms, p95Ms, requests, bytes, cpuUs, idle.figures.bytes, idle.figures.wakeUps].map(figure),
    CANNOT[door],
  ];
}
