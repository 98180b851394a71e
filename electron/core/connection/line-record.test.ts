import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { CLOSE } from '../../../protocol/close-codes.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { DialFault, RelayNet, RelaySocket, SocketEvents } from '../ports.ts';
import { createLineRecord, REMEMBERED } from './line-record.ts';

const TARGET = { address: 'relay:7420', fingerprint: null };
const AT = Date.UTC(2026, 0, 5, 9);

interface Heard {
  readonly texts: string[];
  pongs: number;
  readonly codes: number[];
}

function stage(answer: () => Result<null, DialFault> = () => ok(null)) {
  const clock = createFakeClock(AT);
  const record = createLineRecord({ clock });
  const sent: string[] = [];
  let terminated = 0;
  let far: SocketEvents | undefined;
  const net: Pick<RelayNet, 'dial'> = {
    dial: async (_target, _token, events) => {
      far = events;
      clock.advance(30);
      const dialed = answer();
      if (!dialed.ok) return dialed;
      return ok({
        send: (text) => void sent.push(text),
        ping: () => undefined,
        terminate: () => void terminated++,
      });
    },
  };
  const watched = record.watch(net);
  const dial = async (): Promise<{
    readonly socket: RelaySocket;
    readonly far: SocketEvents;
    readonly heard: Heard;
  }> => {
    const heard: Heard = { texts: [], pongs: 0, codes: [] };
    const dialed = await watched.dial(TARGET, 'secret', {
      onText: (text) => void heard.texts.push(text),
      onPong: () => void heard.pongs++,
      onClose: (code) => void heard.codes.push(code),
    });
    if (!dialed.ok || !far) throw new Error('was not to fail');
    return { socket: dialed.value, far, heard };
  };
  return { clock, record, sent, watched, dial, terminated: () => terminated };
}

test('frames are remembered by kind, way, size and time, never by what they say, and pass unchanged', async () => {
  const { clock, record, sent, dial } = stage();
  const { socket, far, heard } = await dial();
  socket.send('{"t":"post","text":"台北 secret"}');
  clock.advance(5);
  far.onText('{"t":"ack","op":"1"}');
  far.onText('no frame of ours');
  expect([sent, heard.texts]).toEqual([
    ['{"t":"post","text":"台北 secret"}'],
    ['{"t":"ack","op":"1"}', 'no frame of ours'],
  ]);
  const view = record.view(-1);
  expect(view?.frames).toEqual([
    { at: AT + 30, way: 'up', type: 'post', bytes: 35 },
    { at: AT + 35, way: 'down', type: 'ack', bytes: 20 },
    { at: AT + 35, way: 'down', type: '?', bytes: 16 },
  ]);
  expect(JSON.stringify(view)).not.toContain('secret');
});

test('round trips are measured, and a pong nobody asked for is passed on', async () => {
  const { clock, record, dial } = stage();
  const { socket, far, heard } = await dial();
  far.onPong();
  socket.ping();
  clock.advance(12);
  far.onPong();
  expect([record.view(-1)?.pings, heard.pongs]).toEqual([[{ at: AT + 42, rttMs: 12 }], 2]);
});

test('each ring keeps the newest', async () => {
  const { record, dial } = stage();
  for (let n = 0; n <= REMEMBERED.turns; n++) {
    const { socket, far } = await dial();
    for (let m = 0; m < 8; m++) far.onText(`{"t":"n-${'x'.repeat(n % 30)}"}`);
    socket.ping();
    far.onPong();
    socket.ping();
    far.onPong();
    far.onClose(1006);
  }
  const view = record.view(-1);
  expect([view?.frames.length, view?.pings.length, view?.turns.length]).toEqual([
    REMEMBERED.frames,
    REMEMBERED.pings,
    REMEMBERED.turns,
  ]);
  expect(view?.turns.at(-1)).toMatchObject({ kind: 'cut' });
});

test('a line that is cut says after what silence, whatever was the last to be heard', async () => {
  const { clock, record, dial } = stage();
  for (const hear of ['onPong', 'onText'] as const) {
    const { far } = await dial();
    clock.advance(40_000);
    far[hear]('{"t":"beat"}');
    clock.advance(15_000);
    far.onClose(1006);
    expect(record.view(-1)?.turns.at(-1)).toMatchObject({ kind: 'cut', silentMs: 15_000 });
  }
});

const FAULTS: readonly (readonly [DialFault, object])[] = [
  [{ kind: 'unreachable' }, { kind: 'unreachable' }],
  [{ kind: 'key-mismatch', expected: 'a', seen: 'b' }, { kind: 'key-mismatch' }],
  [
    { kind: 'refused', status: 503, retryAfterMs: null },
    { kind: 'refused', status: 503 },
  ],
  [
    { kind: 'answered-for', status: 403, retryAfterMs: null },
    { kind: 'answered-for', status: 403 },
  ],
  [{ kind: 'no-upgrade', status: null }, { kind: 'no-upgrade' }],
  [
    { kind: 'no-upgrade', status: 403 },
    { kind: 'upgrade-answered-for', status: 403 },
  ],
];
test.each(FAULTS)(
  'an attempt that fails with %j is remembered with its reason',
  async (fault, remembered) => {
    const { record, watched } = stage(() => fail(fault));
    const events = { onText: () => undefined, onPong: () => undefined, onClose: () => undefined };
    expect(await watched.dial(TARGET, 'secret', events)).toEqual(fail(fault));
    expect(record.view(-1)?.turns).toEqual([
      { kind: 'dialed', door: 'socket', at: AT },
      { ...remembered, at: AT + 30 },
    ]);
  },
);

test('an attempt at another door that is given up is remembered as that', async () => {
  const { record, watched } = stage(() => fail({ kind: 'unreachable' }));
  const events = { onText: () => undefined, onPong: () => undefined, onClose: () => undefined };
  await watched.dial(TARGET, 'secret', events, 'stream', AbortSignal.abort());
  expect(record.view(-1)?.turns).toMatchObject([
    { kind: 'dialed', door: 'stream' },
    { kind: 'given-up' },
  ]);
});

test('no token is remembered as why there was no attempt', async () => {
  const { record } = stage();
  await record.watchAccess(async () => fail({ kind: 'ended' }))();
  expect(record.view(-1)?.turns).toEqual([{ kind: 'ended', at: AT }]);
});

test('how a line ended is remembered once: closed, gone silent, never heard, asked to leave, or let go', async () => {
  const { clock, record, dial, terminated } = stage();
  const closed = await dial();
  closed.far.onClose(CLOSE.slow);
  closed.socket.terminate();
  const silent = await dial();
  clock.advance(DEFAULT_LIMITS.clientSilenceMs);
  silent.socket.terminate();
  const unheard = await dial();
  unheard.socket.send('{"t":"hello"}');
  clock.advance(DEFAULT_LIMITS.clientSilenceMs);
  unheard.socket.terminate();
  const drained = await dial();
  drained.far.onText('{"t":"drain","afterMs":200}');
  drained.socket.terminate();
  const fresh = await dial();
  fresh.socket.terminate();
  fresh.far.onClose(1006);
  const ends = record.view(-1)?.turns.filter(({ kind }) => kind !== 'dialed' && kind !== 'opened');
  expect(ends?.map(({ at: _at, ...end }) => end)).toEqual([
    { kind: 'closed', code: CLOSE.slow },
    { kind: 'silent' },
    { kind: 'unheard' },
    { kind: 'drained' },
    { kind: 'let-go' },
  ]);
  expect([terminated(), fresh.heard.codes]).toEqual([5, [1006]]);
});

test('who has seen everything is told nothing', async () => {
  const { record, dial } = stage();
  expect(record.view(-1)).toMatchObject({ version: 0, frames: [] });
  await dial();
  const view = record.view(0);
  expect(record.view(view?.version ?? -1)).toBeNull();
});
