/**
 * The life of one line to a relay, as a pure function: state and event in, state and effects out. Time and chance come
 * with the event. Each attempt has a number, `line`; whatever an older line still says is ignored by it. What the frames
 * mean is left to others; this only knows whether one may talk.
 *
 *              start                opened               welcomed
 *      off ───────────▶ dialing ───────────▶ greeting ───────────▶ live
 *                       ▲  ▲ │ 401            │ closed, too slow    │ closed, silence, overdue, drain
 *               renewed │  │ ▼                ▼                     ▼
 *                    renewing │ retry timer  waiting ◀──────────────┘
 *                       │     └──────────────  │ ▲
 *                       │ ended                │ └── dial failed
 *                       ▼                      ▼
 *                    stopped ◀──── 4500-4999, key-mismatch, not-a-relay, second 401
 *
 *      wake, network change, retry: from anywhere but off and the stops that need a sign-in, a fresh line at once.
 *
 * What carries the line is its **door**. After three upgrades in a row that something on the way took out, the line goes over HTTP: as a
 * stream, then (nothing arrives, or it is cut again and again) by long polls, then by polls. While it does, a WebSocket is tried beside
 * it every five minutes, and first of all after sleep and after a change of network.
 */
import { closeMeaning, CLOSE } from '../../../protocol/close-codes.ts';
import { DOORS, type Door } from '../../../protocol/doors.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { assertNever } from '../../../protocol/result.ts';
import type { Wire } from '../../bridge/views.ts';
import type { DialFault } from '../ports.ts';
import { backoffMs, failuresAfter } from './backoff.ts';

export type StopReason = Extract<Wire, { readonly state: 'stopped' }>['why'];

/** What every state carries. */
interface Common {
  readonly line: number;
  readonly isOnline: boolean;
  /** Failures in a row. */
  readonly attempt: number;
  /** It was live before in this run. */
  readonly hasBeenLive: boolean;
  readonly door: Door;
  /** Upgrades in a row that did not come through. */
  readonly upgrades: number;
  /** When a WebSocket is tried again; monotonic. */
  readonly upgradeAt: number;
  /** The door to use where a WebSocket does not come through. */
  readonly fallback: Door;
  /** Lines in a row that were cut soon after they were live. */
  readonly cuts: number;
}

export type State = Common &
  (
    | { readonly at: 'off' }
    | { readonly at: 'dialing'; readonly hasRenewed: boolean }
    | { readonly at: 'renewing' }
    | { readonly at: 'greeting' }
    | {
        readonly at: 'live';
        readonly since: number;
        readonly heardAt: number;
        readonly rttMs: number | null;
        readonly node: string;
        readonly isCatchingUp: boolean;
      }
    | { readonly at: 'waiting'; readonly retryAt: number }
    | { readonly at: 'stopped'; readonly why: StopReason; readonly expectedKey?: string; readonly seenKey?: string }
  );

export type RenewFault = DialFault | { readonly kind: 'ended' };

export type Event =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly why: StopReason }
  | { readonly kind: 'opened'; readonly line: number }
  | { readonly kind: 'dial-failed'; readonly line: number; readonly fault: DialFault }
  | { readonly kind: 'renewed'; readonly line: number }
  | { readonly kind: 'renew-failed'; readonly line: number; readonly fault: RenewFault }
  | { readonly kind: 'welcomed'; readonly line: number; readonly node: string }
  | { readonly kind: 'caught-up'; readonly line: number }
  | { readonly kind: 'heard'; readonly line: number }
  | { readonly kind: 'pong'; readonly line: number; readonly rttMs: number }
  | { readonly kind: 'overdue'; readonly line: number }
  | { readonly kind: 'drain'; readonly line: number; readonly afterMs: number }
  | { readonly kind: 'closed'; readonly line: number; readonly code: number }
  | { readonly kind: 'timer'; readonly line: number; readonly timer: Timer }
  /** What came of a `probe`. */
  | { readonly kind: 'probed'; readonly line: number; readonly isOpen: boolean }
  | { readonly kind: 'wake' }
  | { readonly kind: 'network'; readonly isOnline: boolean }
  | { readonly kind: 'retry' };

export type Timer = 'retry' | 'slow' | 'silence' | 'ping' | 'upgrade';

export type Effect =
  /** Opens a socket for `line`; everything of older lines (sockets, timers) ends first. */
  | { readonly kind: 'dial'; readonly line: number; readonly door: Door }
  /** Finds out whether a WebSocket would come through; the line stays as it is. */
  | { readonly kind: 'probe'; readonly line: number }
  | { readonly kind: 'renew'; readonly line: number }
  | { readonly kind: 'hello' }
  | { readonly kind: 'ping' }
  /** Ends the socket and every timer. */
  | { readonly kind: 'end' }
  | { readonly kind: 'timer'; readonly timer: Timer; readonly ms: number };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** `now`: monotonic milliseconds. `fraction`: in [0, 1), for jitter. */
export interface Moment {
  readonly now: number;
  readonly fraction: number;
}

export const TIMES = {
  silenceMs: DEFAULT_LIMITS.clientSilenceMs,
  pingMs: DEFAULT_LIMITS.pingEveryMs,
  /** From dial to welcome. */
  slowMs: 20_000,
  /** The same for a stream: a proxy that keeps answers back until they end lets nothing through. */
  bufferedMs: 5_000,
  /** A WebSocket is tried again after this long at another door. */
  upgradeMs: 5 * 60_000,
  /** A line over HTTP that is cut sooner was not left alone by something on the way: also one in which nothing came but its beginning. */
  shortMs: DEFAULT_LIMITS.clientSilenceMs + 5_000,
} as const;

/** Failed upgrades after which another door is taken, and short lines after which the next one is. */
const UPGRADES = 3;
const CUTS = 2;

export const OFF: State = {
  at: 'off',
  line: 0,
  isOnline: true,
  attempt: 0,
  hasBeenLive: false,
  door: 'socket',
  upgrades: 0,
  upgradeAt: 0,
  fallback: 'stream',
  cuts: 0,
};

const stay = (state: State): Step => ({ state, effects: [] });

export function step(state: State, event: Event, moment: Moment): Step {
  if ('line' in event && event.line !== state.line) return stay(state);
  switch (event.kind) {
    case 'start':
      return state.at === 'off' || state.at === 'stopped' ? dial({ ...common(state), attempt: 0 }, moment) : stay(state);
    case 'stop':
      return stop(state, { why: event.why });
    case 'opened':
      return state.at === 'dialing' ? { state: { ...common(state), at: 'greeting' }, effects: [{ kind: 'hello' }] } : stay(state);
    case 'dial-failed':
      return state.at === 'dialing' ? dialFailed(state, event.fault, moment) : stay(state);
    case 'renewed':
      return state.at === 'renewing' ? dial(common(state), moment, true) : stay(state);
    case 'renew-failed':
      if (state.at !== 'renewing') return stay(state);
      return event.fault.kind === 'ended' ? stop(state, { why: 'session-ended' }) : failed(state, event.fault, moment);
    case 'welcomed':
      if (state.at !== 'greeting') return stay(state);
      return {
        state: {
          ...common(state),
          at: 'live',
          hasBeenLive: true,
          upgrades: state.door === 'socket' ? 0 : state.upgrades,
          since: moment.now,
          heardAt: moment.now,
          rttMs: null,
          node: event.node,
          isCatchingUp: true,
        },
        effects: [
          { kind: 'timer', timer: 'silence', ms: TIMES.silenceMs },
          { kind: 'timer', timer: 'ping', ms: TIMES.pingMs },
          { kind: 'ping' },
          ...(state.door === 'socket' ? [] : [{ kind: 'timer', timer: 'upgrade', ms: Math.max(0, state.upgradeAt - moment.now) } as const]),
        ],
      };
    case 'probed':
      return state.at === 'live' ? probed(state, event.isOpen, moment) : stay(state);
    case 'caught-up':
      return state.at === 'live' ? stay({ ...state, isCatchingUp: false }) : stay(state);
    case 'heard':
      return state.at === 'live' ? stay({ ...state, heardAt: moment.now }) : stay(state);
    case 'pong':
      return state.at === 'live' ? stay({ ...state, heardAt: moment.now, rttMs: event.rttMs }) : stay(state);
    case 'overdue':
      return state.at === 'live' ? lost(state, moment) : stay(state);
    case 'drain':
      return drained(state, moment, event.afterMs);
    case 'closed':
      return closed(state, event.code, moment);
    case 'timer':
      return timer(state, event.timer, moment);
    case 'wake':
    case 'retry':
      return fresh(state, event.kind === 'retry', moment);
    case 'network':
      return network(state, event.isOnline, moment);
    default:
      return assertNever(event);
  }
}

const common = ({ line, isOnline, attempt, hasBeenLive, door, upgrades, upgradeAt, fallback, cuts }: State): Common => ({
  line,
  isOnline,
  attempt,
  hasBeenLive,
  door,
  upgrades,
  upgradeAt,
  fallback,
  cuts,
});

function dial(from: Common, { now }: Moment, hasRenewed = false): Step {
  const line = from.line + 1;
  const door = now >= from.upgradeAt ? 'socket' : from.door;
  const ms = door === 'stream' ? TIMES.bufferedMs : TIMES.slowMs;
  return {
    state: { ...from, line, door, at: 'dialing', hasRenewed },
    effects: [{ kind: 'end' }, { kind: 'dial', line, door }, { kind: 'timer', timer: 'slow', ms }],
  };
}

/** Takes another door at once. */
function take(state: State, door: Door, moment: Moment): Step {
  return dial({ ...common(state), door, fallback: door, cuts: 0, upgradeAt: moment.now + TIMES.upgradeMs }, moment);
}

/** The door to go on to where this one lets nothing through; undefined when there is none, or when it may still be a WebSocket. */
const doorAfter = (door: Door): Door | undefined => (door === 'socket' ? undefined : DOORS[DOORS.indexOf(door) + 1]);

/** A WebSocket comes through again, or still does not. One more failure on the way back is enough to return here. */
function probed(state: Extract<State, { readonly at: 'live' }>, isOpen: boolean, moment: Moment): Step {
  if (isOpen) return dial({ ...common(state), door: 'socket', upgradeAt: 0, upgrades: UPGRADES - 1 }, moment);
  return {
    state: { ...state, upgradeAt: moment.now + TIMES.upgradeMs },
    effects: [{ kind: 'timer', timer: 'upgrade', ms: TIMES.upgradeMs }],
  };
}

function stop(state: State, stopped: { readonly why: StopReason; readonly expectedKey?: string; readonly seenKey?: string }): Step {
  return { state: { ...common(state), line: state.line + 1, at: 'stopped', ...stopped }, effects: [{ kind: 'end' }] };
}

function wait(state: State, ms: number, { now }: Moment, attempt: number): Step {
  return {
    state: { ...common(state), line: state.line + 1, attempt, at: 'waiting', retryAt: now + ms },
    effects: [{ kind: 'end' }, { kind: 'timer', timer: 'retry', ms }],
  };
}

/** What a line without a goodbye reports. */
const CUT = 1006;

/** An attempt that did not become live. */
function failed(state: State, fault: DialFault, moment: Moment): Step {
  switch (fault.kind) {
    case 'key-mismatch':
      return stop(state, { why: 'key-changed', expectedKey: fault.expected, seenKey: fault.seen });
    case 'not-a-relay':
      return stop(state, { why: 'not-a-relay' });
    case 'unreachable':
      return wait(state, backoffMs(state.attempt, moment.fraction), moment, state.attempt + 1);
    case 'no-upgrade': {
      const upgrades = state.upgrades + 1;
      if (upgrades >= UPGRADES) return take({ ...state, upgrades }, state.fallback, moment);
      return wait({ ...state, upgrades }, backoffMs(state.attempt, moment.fraction), moment, state.attempt + 1);
    }
    case 'refused':
      if (fault.status === 426) return stop(state, { why: 'version' });
      return wait(state, backoffMs(state.attempt, moment.fraction, fault.retryAfterMs), moment, state.attempt + 1);
    default:
      return assertNever(fault);
  }
}

function dialFailed(state: Extract<State, { readonly at: 'dialing' }>, fault: DialFault, moment: Moment): Step {
  if (fault.kind !== 'refused' || fault.status !== 401) return failed(state, fault, moment);
  if (state.hasRenewed) return stop(state, { why: 'session-ended' });
  const line = state.line + 1;
  return {
    state: { ...common(state), line, at: 'renewing' },
    effects: [{ kind: 'end' }, { kind: 'renew', line }, { kind: 'timer', timer: 'slow', ms: TIMES.slowMs }],
  };
}

/** The relay sends its clients away, each with a moment of its own: nothing has to be added, and it is no failure. */
function drained(state: State, moment: Moment, afterMs: number): Step {
  if (state.at !== 'live' && state.at !== 'greeting') return stay(state);
  return wait(state, afterMs, moment, state.at === 'live' ? failuresAfter(state.attempt, moment.now - state.since) : state.attempt);
}

/** A line that was open is no more. How long it was well makes up for failures before. */
function lost(state: State, moment: Moment): Step {
  if (state.at !== 'live' && state.at !== 'greeting') return stay(state);
  const attempt = state.at === 'live' ? failuresAfter(state.attempt, moment.now - state.since) : state.attempt;
  return wait(state, backoffMs(attempt, moment.fraction), moment, attempt + 1);
}

function closed(state: State, code: number, moment: Moment): Step {
  if (state.at !== 'live' && state.at !== 'greeting') return stay(state);
  if (code === CUT && state.door !== 'socket') return cut(state, moment);
  if (closeMeaning(code) === 'again') return lost(state, moment);
  if (code === CLOSE.sessionEnded) return stop(state, { why: 'session-ended' });
  if (code === CLOSE.versionUnsupported) return stop(state, { why: 'version' });
  return stop(state, { why: 'protocol' });
}

/** A line over HTTP ended without a word. Where that goes on, the next door is asked. */
function cut(state: Extract<State, { readonly at: 'live' | 'greeting' }>, moment: Moment): Step {
  const next = doorAfter(state.door);
  if (state.at === 'greeting') return next ? take(state, next, moment) : lost(state, moment);
  const cuts = moment.now - state.since < TIMES.shortMs ? state.cuts + 1 : 0;
  return next && cuts >= CUTS ? take(state, next, moment) : lost({ ...state, cuts }, moment);
}

function timer(state: State, name: Timer, moment: Moment): Step {
  switch (name) {
    case 'retry':
      return state.at === 'waiting' ? dial(common(state), moment) : stay(state);
    case 'slow':
      if (state.at === 'dialing' || state.at === 'renewing') return failed(state, { kind: 'unreachable' }, moment);
      if (state.at !== 'greeting') return stay(state);
      return state.door === 'socket' ? lost(state, moment) : cut(state, moment);
    case 'upgrade':
      return state.at === 'live' ? { state, effects: [{ kind: 'probe', line: state.line }] } : stay(state);
    case 'ping':
      if (state.at !== 'live') return stay(state);
      return { state, effects: [{ kind: 'timer', timer: 'ping', ms: TIMES.pingMs }, { kind: 'ping' }] };
    case 'silence': {
      if (state.at !== 'live') return stay(state);
      const silentMs = moment.now - state.heardAt;
      if (silentMs >= TIMES.silenceMs) return lost(state, moment);
      return { state, effects: [{ kind: 'timer', timer: 'silence', ms: TIMES.silenceMs - silentMs }] };
    }
    default:
      return assertNever(name);
  }
}

/** A person, a lid or a cable: what was open may be dead without knowing it. */
function fresh(state: State, isPerson: boolean, moment: Moment): Step {
  if (state.at === 'off') return stay(state);
  if (state.at === 'stopped' && !mayTryAgain(state.why, isPerson)) return stay(state);
  const upgrades = state.door === 'socket' ? state.upgrades : UPGRADES - 1;
  return dial({ ...common(state), attempt: 0, door: 'socket', upgradeAt: 0, upgrades, fallback: 'stream', cuts: 0 }, moment);
}

function network(state: State, isOnline: boolean, moment: Moment): Step {
  const told = { ...state, isOnline };
  if (isOnline) return fresh(told, false, moment);
  if (state.at === 'off' || state.at === 'stopped') return stay(told);
  return wait(told, backoffMs(Math.max(state.attempt, 4), moment.fraction), moment, state.attempt);
}

/** A pin is checked anew on every line, so trying again gives nothing away; a session that ended needs a sign-in. */
function mayTryAgain(why: StopReason, isPerson: boolean): boolean {
  if (why === 'key-changed' || why === 'not-a-relay') return true;
  return isPerson && (why === 'version' || why === 'protocol');
}
