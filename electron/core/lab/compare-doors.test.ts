/** The lab over a real relay at all four doors, and over lines that go wrong in one way each. */
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeDown } from '../../../protocol/codec.ts';
import { DOORS, type Door } from '../../../protocol/doors.ts';
import { refuse } from '../../../protocol/errors.ts';
import type { Down, DownFrame } from '../../../protocol/frames-down.ts';
import type { UpFrame } from '../../../protocol/frames-up.ts';
import type { SignedIn } from '../../../protocol/http.ts';
import { memberFeed, type Epoch, type MemberId, type SessionId } from '../../../protocol/ids.ts';
import { fail, ok } from '../../../protocol/result.ts';
import { systemClock } from '../../../server/adapters/system-clock.ts';
import { HELLO } from '../../../test/kit/door-client.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { createLineKit, type LineKit } from '../../../test/kit/line-kit.ts';
import type { DoorRow, LabFault, TrafficFigures } from '../../bridge/lab.ts';
import { createRelayNet } from '../connection/relay-socket.ts';
import type { RelayNet } from '../ports.ts';
import { compareDoors, delayOf, type LabPlan } from './compare-doors.ts';
import type { LabParts } from './lab-line.ts';

const PLAN: LabPlan = { messages: 5, paceMs: 20, idleMs: 0, settleMs: 0 };
const stay = (): AbortSignal => new AbortController().signal;

async function lastOf(
  parts: LabParts,
  plan: LabPlan = PLAN,
  signal = stay(),
): Promise<readonly DoorRow[]> {
  let rows: readonly DoorRow[] = [];
  for await (const all of compareDoors(parts, plan, signal)) rows = all;
  return rows;
}
const states = (rows: readonly DoorRow[]) =>
  rows.map(({ traffic, idle }) => [traffic.state, idle.state]);
function trafficOf(rows: readonly DoorRow[], door: Door): TrafficFigures {
  const traffic = rows.find((row) => row.door === door)?.traffic;
  if (traffic?.state !== 'measured')
    throw new Error(`${door} was not measured: ${JSON.stringify(traffic)}`);
  return traffic.figures;
}

test('a share of delays is the smallest that is not exceeded', () => {
  const sorted = Array.from({ length: 20 }, (_, n) => n + 1);
  expect([
    delayOf(sorted, 0.5),
    delayOf(sorted, 0.95),
    delayOf([7], 0.95),
    delayOf([], 0.5),
  ]).toEqual([10, 19, 7, Number.NaN]);
});

describe('over a real relay', () => {
  let kit: LineKit;
  beforeEach(async () => {
    kit = await createLineKit();
  });
  afterEach(() => kit.dispose());

  const partsFor = (
    who: SignedIn,
    net: LabParts['net'] = createRelayNet({ clock: systemClock }),
  ): LabParts => ({
    clock: systemClock,
    net,
    newId: () => v7(),
    target: () => ({ address: `127.0.0.1:${kit.relay.port}`, fingerprint: kit.relay.fingerprint }),
    access: async () => ok(who.tokens.access),
    hello: () => HELLO,
  });

  test('every door is measured, with what each message costs on the bare connection', async () => {
    const rows = await lastOf(partsFor(kit.ada), { ...PLAN, idleMs: 200 });
    expect(states(rows)).toEqual(DOORS.map(() => ['measured', 'measured']));
    const of = (door: Door): TrafficFigures => trafficOf(rows, door);
    expect([of('socket').requests, of('stream').requests]).toEqual([0, 1]);
    expect(of('long-poll').requests).toBeGreaterThan(1);
    expect(of('poll').requests).toBeGreaterThanOrEqual(1);
    // A handshake of TLS alone is more than all that a WebSocket says.
    expect(of('socket').bytes).toBeGreaterThan(200);
    expect(of('stream').bytes).toBeGreaterThan(of('socket').bytes + 1_000);
    for (const door of DOORS) {
      const { messages, p50Ms, p95Ms, cpu, others } = of(door);
      expect([messages, others, cpu.state, p50Ms > 0 && p50Ms <= p95Ms]).toEqual([
        5,
        0,
        'measured',
        true,
      ]);
    }
    await expect.poll(() => kit.relay.core.stats.connections).toBe(0);
  });

  test('nobody else hears of it, nor sees its member change', async () => {
    const [ada, ben] = [await kit.line(kit.ada), await kit.line(await kit.person('ben'))];
    const both = [kit.ada.member.id, 'here'];
    await ben.until(
      (frame) =>
        frame['t'] === 'presence' &&
        JSON.stringify(frame['members']).includes(JSON.stringify(both[0])),
    );
    await ada.until((frame) => JSON.stringify(frame).includes('ben'));
    const told = ben.texts.length;
    const rows = await lastOf(partsFor(kit.ada));
    expect(rows.map(({ traffic }) => traffic.state)).toEqual(DOORS.map(() => 'measured'));
    // What was said to him meanwhile would have come before the answer to this.
    await ben.ask({ t: 'get-member', req: 9 });
    expect(ben.texts.slice(told).filter((text) => !text.startsWith('{"t":"member-state"'))).toEqual(
      [],
    );
    // Her own other line hears the echoes.
    expect(ada.texts.filter((text) => text.includes('"echoed"'))).toHaveLength(
      DOORS.length * PLAN.messages,
    );
  });

  test('a door that does not open says why, the others are measured, and a member is not told what the relay uses', async () => {
    const real = createRelayNet({ clock: systemClock });
    const net: LabParts['net'] = {
      dial: async (target, token, events, door) =>
        door === 'stream' || door === 'poll'
          ? fail({ kind: 'no-upgrade', status: null })
          : real.dial(target, token, events, door),
    };
    const rows = await lastOf(partsFor(await kit.person('ben'), net), { ...PLAN, idleMs: 100 });
    expect(states(rows)).toEqual([
      ['measured', 'measured'],
      ['failed', 'left-out'],
      ['measured', 'measured'],
      ['failed', 'left-out'],
    ]);
    expect(rows[1]?.traffic).toEqual({ state: 'failed', why: { kind: 'no-upgrade' } });
    expect(trafficOf(rows, 'socket').cpu).toEqual({ state: 'not-told' });
  });
});

describe('a line that goes wrong', () => {
  let clock: FakeClock;
  let lines = 0;
  beforeEach(() => {
    clock = createFakeClock();
    lines = 0;
  });

  const WELCOME: Down<'welcome'> = {
    t: 'welcome',
    version: 1,
    epoch: '0'.repeat(32) as Epoch,
    isResumed: true,
    team: {
      id: '0190a000-0000-4000-8000-0000000000a0',
      name: 'Night shift',
      createdAt: 1,
      memberInviteDays: 7,
      memberInviteUses: 25,
    },
    member: '0190a000-0000-4000-8000-0000000000b0' as MemberId,
    session: '0190a000-0000-4000-8000-0000000000e0' as SessionId,
    node: 'one',
    at: 1,
    heads: {},
    accessExpiresInMs: 600_000,
    limits: {
      textBytes: 1,
      pageEvents: 1,
      sendsPerSecond: 10,
      sendsBurst: 30,
      pingEveryMs: 25_000,
    },
  };
  type Script = (
    frame: UpFrame,
    tell: (frame: DownFrame) => void,
    close: (code: number) => void,
  ) => void;
  const greet: Script = (frame, tell) => {
    if (frame.t === 'hello') [WELCOME, { t: 'caught-up' } as const].forEach(tell);
  };
  const echoed = (op: string): DownFrame => ({
    t: 'events',
    feed: memberFeed(WELCOME.member),
    events: [{ seq: 1, at: 1, by: WELCOME.member, kind: 'echoed', id: op as never, text: 'x' }],
  });
  const net = (script: Script): Pick<RelayNet, 'dial'> => ({
    dial: async (_target, _token, events) => {
      lines++;
      const traffic = { bytes: 300, wakeUps: 1 };
      events.onTraffic?.(traffic);
      const later = (run: () => void): void => queueMicrotask(run);
      return ok({
        send: (text) =>
          script(
            JSON.parse(text) as UpFrame,
            (frame) => later(() => events.onText(encodeDown(frame))),
            (code) => later(() => events.onClose(code)),
          ),
        ping: () => {
          traffic.bytes += 50;
          traffic.wakeUps++;
          later(() => events.onPong());
        },
        terminate: () => void lines--,
      });
    },
  });
  const parts = (script: Script): LabParts => ({
    clock,
    net: net(script),
    newId: () => v7(),
    target: () => ({ address: 'relay:7420', fingerprint: null }),
    access: async () => ok('token'),
    hello: () => HELLO,
  });
  /** Lets time pass until it is over. */
  async function measuring(
    script: Script,
    plan = PLAN,
    signal = stay(),
  ): Promise<readonly DoorRow[]> {
    let isOver = false;
    const done = lastOf(parts(script), plan, signal).finally(() => (isOver = true));
    while (!isOver) {
      clock.runNext();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([lines, clock.pending]).toEqual([0, 0]);
    return done;
  }

  test.each<readonly [string, Script, LabFault]>([
    ['says nothing', () => undefined, { kind: 'silent' }],
    [
      'is ended in the middle',
      (frame, tell, close) => (frame.t === 'echo' ? close(4030) : greet(frame, tell, close)),
      { kind: 'closed', code: 4030 },
    ],
    [
      'leads to a relay without echoes',
      (frame, tell, close) => {
        greet(frame, tell, close);
        if (frame.t === 'echo')
          tell({ t: 'refused', op: frame.op, refusal: refuse('unknown-frame') });
      },
      { kind: 'too-old' },
    ],
    [
      'leads to a relay that takes no more',
      (frame, tell, close) => {
        greet(frame, tell, close);
        if (frame.t === 'echo')
          tell({ t: 'refused', op: frame.op, refusal: refuse('rate-limited') });
      },
      { kind: 'turned-down', problem: 'rate-limited' },
    ],
    [
      'brings back one of five',
      (() => {
        let said = 0;
        return (frame, tell, close) => {
          greet(frame, tell, close);
          if (frame.t === 'usage') tell({ t: 'usage', req: frame.req, node: 'one', cpuMs: 1 });
          if (frame.t !== 'echo') return;
          tell({ t: 'ack', op: frame.op, feed: memberFeed(WELCOME.member), seq: 1, at: 1 });
          if (said++ % PLAN.messages === 0) tell(echoed(frame.op));
        };
      })(),
      { kind: 'lost', heard: 1, said: 5 },
    ],
  ])('%s: so it is told, and nothing is left over', async (_what, script, why) => {
    expect((await measuring(script))[0]?.traffic).toEqual({ state: 'failed', why });
  });

  /** Echoes at once; usage as `nodes` say, in turn. */
  const well = (nodes: readonly string[]): Script => {
    let asked = 0;
    return (frame, tell, close) => {
      greet(frame, tell, close);
      if (frame.t === 'usage')
        tell({
          t: 'usage',
          req: frame.req,
          node: nodes[asked++ % nodes.length] ?? '',
          cpuMs: 100 * asked,
        });
      if (frame.t !== 'echo') return;
      tell({ t: 'ack', op: frame.op, feed: memberFeed(WELCOME.member), seq: 1, at: 1 });
      tell(echoed(frame.op));
    };
  };
  test('a door that is well under traffic and lost at rest keeps what was measured, and says why', async () => {
    let hellos = 0;
    const script = well(['one']);
    const lostAtRest: Script = (frame, tell, close) => {
      script(frame, tell, close);
      if (frame.t === 'hello' && ++hellos > DOORS.length) close(4030);
    };
    const rows = await measuring(lostAtRest, { ...PLAN, idleMs: 60_000 });
    expect(states(rows)).toEqual(DOORS.map(() => ['measured', 'failed']));
    expect(rows[0]?.idle).toEqual({ state: 'failed', why: { kind: 'closed', code: 4030 } });
  });

  test.each([60_000, 30_000])(
    'a minute at rest has two pings, also where it is reckoned from %i ms',
    async (idleMs) => {
      const idle = (await measuring(well(['one']), { ...PLAN, idleMs }))[0]?.idle;
      expect(idle).toEqual({
        state: 'measured',
        figures: { measuredMs: idleMs, bytes: 100, wakeUps: 2, others: 0 },
      });
    },
  );

  test('processor time is what was used between, of one relay alone', async () => {
    expect(trafficOf(await measuring(well(['one'])), 'socket').cpu).toEqual({
      state: 'measured',
      usPerMessage: 20_000,
    });
    expect(trafficOf(await measuring(well(['one', 'two'])), 'socket').cpu).toEqual({
      state: 'several-relays',
    });
  });

  test('who stops it is not kept waiting, and no line or timer is left', async () => {
    const stop = new AbortController();
    const rows = await measuring(
      (frame, tell, close) => {
        if (frame.t === 'echo') stop.abort();
        else greet(frame, tell, close);
      },
      PLAN,
      stop.signal,
    );
    expect(states(rows)[0]).toEqual(['running', 'left-out']);
  });
});
