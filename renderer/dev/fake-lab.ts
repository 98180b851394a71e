/** The fake bridge's lab: all doors measured where the line is live; elsewhere no WebSocket comes through, and little is told. */
import type { CommandHandlers } from '../../electron/bridge/commands.ts';
import type { DoorRow, IdleFigures, LabView, TrafficFigures } from '../../electron/bridge/lab.ts';
import { fail, ok, type FakeCore } from './fake-core.ts';

const STEP_MS = 120;
const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const TRAFFIC = [
  [4.1, 9.6, 0, 902, 1_460],
  [6.8, 14.2, 1, 5_120, 3_900],
  [9.3, 17.5, 3, 14_300, 7_300],
  [1_012, 1_904, 1.2, 6_480, 5_100],
] as const;
const IDLE = [
  [512, 8],
  [9_870, 11],
  [18_300, 17],
  [152_000, 93],
] as const;
const DOORS = ['socket', 'stream', 'long-poll', 'poll'] as const;

export function createLabAnswers(core: FakeCore): Partial<CommandHandlers> {
  let view: LabView = { version: 0, state: 'none', rows: [] };
  let steps: readonly (readonly DoorRow[])[] = [];
  return {
    'lab.start': async ({ team, withIdle }) => {
      if (view.state === 'running') return fail('lab-running');
      steps = stepsOf(core.team(team).team.wire.state === 'live', withIdle);
      view = { version: view.version + 1, state: 'running', rows: [] };
      return ok(null);
    },
    'lab.look': async ({ seen }) => {
      if (view.state !== 'running' || view.version > seen) return ok(view);
      await wait(STEP_MS);
      const [next, ...rest] = steps;
      // Somebody may have stopped it meanwhile.
      if (view.state !== 'running') return ok(view);
      steps = rest;
      view = {
        version: view.version + 1,
        state: rest.length > 0 ? 'running' : 'done',
        rows: next ?? view.rows,
      };
      return ok(view);
    },
    'lab.stop': async () => {
      if (view.state === 'running') view = { ...view, version: view.version + 1, state: 'stopped' };
      return ok(null);
    },
  };
}

function stepsOf(isLive: boolean, withIdle: boolean): readonly (readonly DoorRow[])[] {
  const trafficOf = (at: number): DoorRow['traffic'] => {
    if (!isLive && at === 0) return { state: 'failed', why: { kind: 'no-upgrade' } };
    const [p50Ms = 0, p95Ms = 0, requests = 0, bytes = 0, usPerMessage = 0] = TRAFFIC[at] ?? [];
    const cpu: TrafficFigures['cpu'] = isLive
      ? { state: 'measured', usPerMessage }
      : { state: 'not-told' };
    return {
      state: 'measured',
      figures: { messages: 32, p50Ms, p95Ms, requests, bytes, cpu, others: isLive ? 0 : 2 },
    };
  };
  const idleOf = (at: number): DoorRow['idle'] => {
    const [bytes = 0, wakeUps = 0] = IDLE[at] ?? [];
    const figures: IdleFigures = { measuredMs: 60_000, bytes, wakeUps, others: 0 };
    return { state: 'measured', figures };
  };
  const rows = (now: number, isAtRest: boolean): readonly DoorRow[] =>
    DOORS.map((door, at) => {
      const traffic: DoorRow['traffic'] =
        at < now ? trafficOf(at) : { state: at === now ? 'running' : 'to-come' };
      if (!withIdle || traffic.state === 'failed')
        return { door, traffic, idle: { state: 'left-out' } };
      return { door, traffic, idle: { state: isAtRest ? 'running' : 'to-come' } };
    });
  const measured = [0, 1, 2, 3, 4].map((now) => rows(now, withIdle && now === 4));
  const last = rows(4, false).map((row, at) =>
    row.idle.state === 'left-out' ? row : { ...row, idle: idleOf(at) },
  );
  return withIdle ? [...measured, last] : measured;
}
