/** The line as a window sees it, over a real relay: the examination step by step, and what went over the wire. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENCE_MS } from '../../../doctor/silence.ts';
import { systemSockets } from '../../../doctor/sockets.ts';
import {
  createGround,
  type Ground,
  type RealDesktop,
  type RealRelay,
} from '../../../test/kit/real-desktop.ts';
import type { CheckView, LineRecordView } from '../../bridge/line.ts';

let ground: Ground;
let relay: RealRelay;
let ada: RealDesktop;

beforeEach(async () => {
  ground = createGround({ sockets: systemSockets });
  relay = await ground.relay();
  ada = await ground.owner(relay);
});
afterEach(() => ground.dispose());

const team = (): string => ada.now.team.team.id;

/** Everything that was there to be seen, each time something new was. */
async function looks(): Promise<readonly CheckView[]> {
  const all: CheckView[] = [];
  for (let seen = 0; ;) {
    const view = await ada.now.call('line.checked', { team: team(), seen });
    all.push(view);
    if (view.state !== 'running') return all;
    seen = view.findings.length;
  }
}

test('a check tells step by step that all is well, and no token', async () => {
  await ada.now.call('line.check', { team: team(), withSilence: false });
  const all = await looks();
  const last = all.at(-1);
  expect(last?.state).toBe('done');
  expect(last?.steps).toEqual(['port', 'tls', 'http', 'clock', 'buffering', 'upgrade', 'token']);
  expect(last?.findings.map(({ says }) => says)).toEqual([
    'port.open',
    'tls.pinned',
    'http.relay',
    'clock.right',
    'buffering.passed',
    'upgrade.switched',
    'token.accepted',
  ]);
  expect(all.length).toBeGreaterThan(2);
  expect(JSON.stringify(all)).not.toMatch(/eyJ/);
});

test('a relay that is down is named, and a check that was stopped is over at once', async () => {
  await relay.stop();
  await ada.now.call('line.check', { team: team(), withSilence: false });
  expect((await looks()).at(-1)?.findings.map(({ says }) => says)).toEqual(['port.refused']);
  await relay.start();
  await ada.now.call('line.check', { team: team(), withSilence: true });
  const stopped = looks();
  await ada.now.call('line.check-stop', { team: team() });
  expect((await stopped).at(-1)?.state).toBe('stopped');
});

test('silence is measured for as long as it takes, which is told, until somebody stops it', async () => {
  await ada.now.call('line.check', { team: team(), withSilence: true });
  const look = (seen: number): Promise<CheckView> =>
    ada.now.call('line.checked', { team: team(), seen });
  let view = await look(0);
  expect(view.steps.at(-1)).toBe('idle');
  while (view.findings.at(-1)?.step !== 'token') {
    expect(view).toMatchObject({ state: 'running', waits: null });
    view = await look(view.findings.length);
  }
  expect(view).toMatchObject({
    state: 'running',
    waits: { step: 'idle', ms: SILENCE_MS, since: expect.any(Number) as number },
  });
  const stopped = look(view.findings.length);
  await ada.now.call('line.check-stop', { team: team() });
  expect(await stopped).toMatchObject({ state: 'stopped', waits: null });
  await expect.poll(() => relay.now.core.stats.connections).toBe(1);
});

test('the wire shows its own handshake with the token struck out, its frames, and nothing when nothing is new', async () => {
  const record = (seen: number): Promise<LineRecordView | null> =>
    ada.now.call('line.record', { team: team(), seen });
  const view = await record(-1);
  if (view?.handshake === null || view === null) throw new Error('no handshake');
  const { request, response, isAccepted } = view.handshake;
  expect(request[0]).toBe('GET /v1/ws HTTP/1.1');
  expect(request).toContain('authorization: Bearer •••');
  expect(response[0]).toBe('HTTP/1.1 101 Switching Protocols');
  expect(response.find((line) => line.startsWith('Sec-WebSocket-Accept: '))).toBeDefined();
  expect(isAccepted).toBe(true);
  expect(view.frames.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['hello', 'welcome', 'caught-up']),
  );
  expect(view.frames.filter(({ type }) => type === '?')).toEqual([]);
  expect(view.turns.slice(0, 2)).toMatchObject([{ kind: 'dialed' }, { kind: 'opened' }]);
  expect(JSON.stringify(view)).not.toMatch(/eyJ/);
  await relay.stop();
  await ada.now.until('the line is away', ({ teams }) => teams[team()]?.team.wire.state !== 'live');
  const after = await record(view.version);
  expect(after?.turns.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['opened', expect.stringMatching(/closed|cut|drained/)]),
  );
});

test('the doors are compared beside the line, seen from every window, and stopped by any', async () => {
  const begun = await ada.now.call('lab.start', { team: team(), withIdle: false });
  expect(begun).toBeNull();
  const other = ada.now.desktop.openWindow();
  expect(await other.call('lab.start', { team: team(), withIdle: false })).toEqual({
    ok: false,
    error: { kind: 'lab-running' },
  });
  let view = await ada.now.call('lab.look', { team: team(), seen: -1 });
  while (view.rows[0]?.traffic.state !== 'measured') {
    expect(view.state).toBe('running');
    view = await ada.now.call('lab.look', { team: team(), seen: view.version });
  }
  expect(view.rows.map(({ door }) => door)).toEqual(['socket', 'stream', 'long-poll', 'poll']);
  await other.call('lab.stop', { team: team() });
  expect((await ada.now.call('lab.look', { team: team(), seen: view.version })).state).toBe(
    'stopped',
  );
  other.dispose();
  const { wire } = ada.now.team.team;
  expect(wire.state).toBe('live');
  await expect.poll(() => relay.now.core.stats.connections).toBe(1);
  expect(JSON.stringify(view)).not.toMatch(/eyJ/);
});
