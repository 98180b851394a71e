/** The fake bridge's line: a check that finds all well where the line is live and a closed port where it is not, and a wire that was busy. */
import type { Finding, Saying, StepName } from '../../doctor/findings.ts';
import type { CommandHandlers } from '../../electron/bridge/commands.ts';
import type {
  CheckView,
  FrameSeen,
  LineRecordView,
  PingSeen,
  TurnSeen,
} from '../../electron/bridge/line.ts';
import { KEY } from './demo-keys.ts';
import { ok, type FakeCore } from './fake-core.ts';

const STEP_MS = 120;
/** Long enough to be seen counting. */
const SILENCE_STEP_MS = 1_500;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const well = (says: Saying, facts: Finding['facts'] = {}): Finding => ({
  step: says.split('.')[0] as StepName,
  says,
  isWell: true,
  facts,
});

export function createLineAnswers(core: FakeCore): Partial<CommandHandlers> {
  let check: CheckView = { steps: [], findings: [], waits: null, state: 'stopped' };
  const isLive = (team: string): boolean => core.team(team).team.wire.state === 'live';

  const found = (team: string): readonly Finding[] =>
    isLive(team)
      ? [
          well('name.found', { name: 'relay.tidewater.example', addresses: '10.0.0.5' }),
          well('port.open', { port: 7420 }),
          well('tls.pinned', { seen: KEY }),
          well('http.relay', { team: core.team(team).team.name }),
          { step: 'clock', says: 'clock.behind', isWell: false, facts: { seconds: 94 } },
          well('buffering.passed', { ms: 11 }),
          well('upgrade.switched', { ms: 4 }),
          well('token.accepted'),
          well('idle.enough', { seconds: 100, silent: 100, pause: 30 }),
        ]
      : [
          well('name.found', { name: 'relay.tidewater.example', addresses: '10.0.0.5' }),
          {
            step: 'port',
            says: 'port.refused',
            isWell: false,
            facts: { port: 7420, code: 'ECONNREFUSED' },
          },
        ];

  return {
    'line.check': async ({ withSilence }) => {
      const steps: readonly StepName[] = [
        'name',
        'port',
        'tls',
        'http',
        'clock',
        'buffering',
        'upgrade',
        'token',
      ];
      check = {
        steps: withSilence ? [...steps, 'idle'] : steps,
        findings: [],
        waits: null,
        state: 'running',
      };
      return ok(null);
    },
    'line.checked': async ({ team, seen }) => {
      await wait(check.waits === null ? STEP_MS : SILENCE_STEP_MS);
      if (check.state !== 'running') return ok(check);
      const findings = found(team).filter(({ step }) => check.steps.includes(step));
      const next = findings[seen + 1]?.step;
      check = {
        ...check,
        findings: findings.slice(0, seen + 1),
        waits: next === 'idle' ? { step: next, since: Date.now(), ms: 150_000 } : null,
        state: next === undefined ? 'done' : 'running',
      };
      return ok(check);
    },
    'line.check-stop': async () => {
      if (check.state === 'running') check = { ...check, waits: null, state: 'stopped' };
      return ok(null);
    },
    'line.record': async ({ team, seen }) =>
      ok(seen === 1 ? null : recordAt(core.now(), isLive(team))),
  };
}

function recordAt(now: number, isLive: boolean): LineRecordView {
  const from = now - 40 * 60_000;
  const types = ['post', 'ack', 'event', 'event', 'typing', 'event', 'read', 'ack'] as const;
  const frames = Array.from({ length: 60 }, (_, at): FrameSeen => ({
    at: from + at * 37_000,
    way: ['post', 'read', 'typing'].includes(types[at % types.length] ?? '') ? 'up' : 'down',
    type: types[at % types.length] ?? 'event',
    bytes: 96 + ((at * 73) % 1_480),
  }));
  const pings = Array.from({ length: 84 }, (_, at): PingSeen => ({
    at: from + at * 25_000,
    rttMs: 2.4 + ((at * 29) % 17) / 5 + (at % 31 === 7 ? 14 : 0),
  }));
  const turns: readonly TurnSeen[] = [
    { at: from - 9_000, kind: 'dialed', door: 'socket' },
    { at: from - 8_000, kind: 'unreachable' },
    { at: from - 6_000, kind: 'dialed', door: 'socket' },
    { at: from - 5_990, kind: 'refused', status: 503 },
    { at: from - 200, kind: 'dialed', door: 'socket' },
    { at: from - 188, kind: 'opened', ms: 12 },
    ...(isLive ? [] : [{ at: now - 20_000, kind: 'closed', code: 4000 } as const]),
  ];
  return {
    version: 1,
    handshake: {
      request: [
        'GET /v1/ws HTTP/1.1',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'authorization: Bearer •••',
        'Sec-WebSocket-Protocol: landline.v1',
        'Host: relay.tidewater.example:7420',
      ],
      response: [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Sec-WebSocket-Protocol: landline.v1',
      ],
      isAccepted: true,
    },
    frames,
    pings,
    turns,
  };
}
