/**
 * Measures the four doors of one relay, one after the other under the same traffic, then all of them at rest at once. Every message leaves
 * on a timetable, whatever became of the one before, and a delay counts from then. A door that fails is told with its reason and the next
 * one has its turn. Bounded in time; leaves no line behind.
 */
import { DOORS } from '../../../protocol/doors.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type {
  Cpu,
  DoorRow,
  IdleFigures,
  LabFault,
  Stage,
  TrafficFigures,
} from '../../bridge/lab.ts';
import type { Clock } from '../ports.ts';
import { LabLine, type LabParts } from './lab-line.ts';

export interface LabPlan {
  readonly messages: number;
  /** From one message to the next; longer where the relay allows less. */
  readonly paceMs: number;
  /** How long lines are left alone; 0: not at all. */
  readonly idleMs: number;
  /** Before anything is counted: who is there is told to newcomers within a second, and that belongs to no figure. */
  readonly settleMs: number;
}

const MINUTE_MS = 60_000;
/** About ten seconds a door; then a minute for all of them. */
export const LAB_PLAN: LabPlan = { messages: 32, paceMs: 200, idleMs: MINUTE_MS, settleMs: 1_500 };
/** Below what a relay allows, so that the member can write meanwhile. */
const SHARE_OF_SENDS = 0.6;

/** All rows, each time something in them is new. Whatever the signal ends stays unmeasured. */
export async function* compareDoors(
  parts: LabParts,
  plan: LabPlan,
  signal: AbortSignal,
): AsyncGenerator<readonly DoorRow[], void> {
  const idle: Stage<IdleFigures> = { state: plan.idleMs > 0 ? 'to-come' : 'left-out' };
  let rows: readonly DoorRow[] = DOORS.map((door) => ({
    door,
    traffic: { state: 'to-come' },
    idle,
  }));
  const change = (door: DoorRow['door'], what: Partial<DoorRow>): readonly DoorRow[] =>
    (rows = rows.map((row) => (row.door === door ? { ...row, ...what } : row)));

  for (const door of DOORS) {
    yield change(door, { traffic: { state: 'running' } });
    const traffic = stageOf(
      await withLine(parts, door, signal, (line) =>
        measureTraffic(line, parts.clock, plan, signal),
      ),
    );
    if (signal.aborted) return;
    yield change(
      door,
      traffic.state === 'measured' ? { traffic } : { traffic, idle: { state: 'left-out' } },
    );
  }
  const open = rows.filter((row) => row.idle.state === 'to-come');
  if (open.length === 0) return;
  for (const { door } of open) change(door, { idle: { state: 'running' } });
  yield rows;
  await Promise.all(
    open.map(async ({ door }) => {
      const measured = await withLine(parts, door, signal, (line) =>
        measureIdle(line, parts.clock, plan, signal),
      );
      change(door, { idle: stageOf(measured) });
    }),
  );
  if (!signal.aborted) yield rows;
}

async function withLine<T>(
  parts: LabParts,
  door: DoorRow['door'],
  signal: AbortSignal,
  measure: (line: LabLine) => Promise<Result<T, LabFault>>,
): Promise<Result<T, LabFault>> {
  const opened = await LabLine.open(parts, door, signal);
  if (!opened.ok) return opened;
  try {
    return await measure(opened.value);
  } finally {
    opened.value.end();
  }
}

async function measureTraffic(
  line: LabLine,
  clock: Clock,
  { messages, paceMs, settleMs }: LabPlan,
  signal: AbortSignal,
): Promise<Result<TrafficFigures, LabFault>> {
  const everyMs = Math.max(paceMs, 1_000 / (line.sendsPerSecond * SHARE_OF_SENDS));
  await pause(clock, settleMs, signal);
  const used = await usageOf(line);
  const [before, othersBefore] = [line.counts, line.others];
  const saying: Promise<Result<number, LabFault>>[] = [];
  for (let n = 0; n < messages && line.fault === undefined; n++) {
    saying.push(line.echo());
    await pause(clock, everyMs, signal);
  }
  const heard = await Promise.all(saying);
  const [after, others] = [line.counts, line.others - othersBefore];
  if (line.fault) return fail(line.fault);
  const refused = heard.find((one) => !one.ok && one.error.kind !== 'silent');
  if (refused?.ok === false) return refused;
  const delays = heard.flatMap((one) => (one.ok ? [one.value] : [])).sort((a, b) => a - b);
  if (delays.length < messages) return fail({ kind: 'lost', heard: delays.length, said: messages });
  return ok({
    messages,
    p50Ms: delayOf(delays, 0.5),
    p95Ms: delayOf(delays, 0.95),
    requests: (after.requests - before.requests) / messages,
    bytes: (after.bytes - before.bytes) / messages,
    cpu: cpuBetween(line.node, used, await usageOf(line), messages),
    others,
  });
}

async function measureIdle(
  line: LabLine,
  clock: Clock,
  { idleMs, settleMs }: LabPlan,
  signal: AbortSignal,
): Promise<Result<IdleFigures, LabFault>> {
  await pause(clock, settleMs, signal);
  const [before, othersBefore, from] = [line.counts, line.others, clock.monotonic()];
  const until = from + idleMs;
  for (
    let left = idleMs;
    left > 0 && line.fault === undefined && !signal.aborted;
    left = until - clock.monotonic()
  ) {
    await pause(clock, Math.min(left, DEFAULT_LIMITS.pingEveryMs), signal);
    // As the member's own line does.
    if (clock.monotonic() < until) line.ping();
  }
  if (line.fault) return fail(line.fault);
  const after = line.counts;
  const perMinute = MINUTE_MS / idleMs;
  return ok({
    measuredMs: idleMs,
    bytes: (after.bytes - before.bytes) * perMinute,
    wakeUps: (after.wakeUps - before.wakeUps) * perMinute,
    others: line.others - othersBefore,
  });
}

type Used = readonly Awaited<ReturnType<LabLine['usage']>>[];

/** Twice, so that relays that take turns behind a balancer are found out. */
const usageOf = async (line: LabLine): Promise<Used> => [await line.usage(), await line.usage()];

function cpuBetween(node: string, before: Used, after: Used, messages: number): Cpu {
  const told = [...before, ...after].map((one) => (one.ok ? one.value : undefined));
  const refused = [...before, ...after].find((one) => !one.ok);
  if (refused?.ok === false)
    return { state: refused.error.kind === 'not-allowed' ? 'not-told' : 'unsaid' };
  if (told.some((one) => one?.node !== node)) return { state: 'several-relays' };
  const [from, to] = [told[1]?.cpuMs ?? 0, told[2]?.cpuMs ?? 0];
  return { state: 'measured', usPerMessage: ((to - from) * 1_000) / messages };
}

/** The smallest delay that this share of all do not exceed. */
export const delayOf = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

const stageOf = <T>(result: Result<T, LabFault>): Stage<T> =>
  result.ok ? { state: 'measured', figures: result.value } : { state: 'failed', why: result.error };

/** Over at once when the signal says so. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      cancel();
      signal.removeEventListener('abort', go);
      resolve();
    };
    const cancel = clock.after(ms, go);
    if (signal.aborted) go();
    else signal.addEventListener('abort', go, { once: true });
  });
}
