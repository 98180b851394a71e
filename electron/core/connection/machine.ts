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
 * What carries the line is its **door**. A WebSocket that is not up soon is left alone, and a relay asked beside it whether it answers
 * plain requests; if it does first, the line goes over HTTP.
 *
 *      dialing a WebSocket ──upgrade sent, 3 s (5 s after a good line) without answer──▶ knock ──answered──▶ another door
 *      greeting over one ────2 s without a sign──▶ ping ──1 s without a sign───────────▶ knock ──answered──▶ another door
 *
 * So does the third WebSocket in a row that did not come through (taken out, or answered in the relay's place, on the way), or that was cut
 * by something other than the relay before it was of use for `usefulMs`. Over HTTP it goes as a stream, then (nothing arrives, or it is cut
 * again and again) by long polls, then by polls. While it does, a WebSocket is tried beside it every five minutes, and first of all after
 * sleep and after a change of network. A relay that cannot be reached at all is asked at no other door, and no more often.
 *
 * A line that is cut in silence is first tried with more pings (`patience.ts`).
 */
import { closeMeaning, CLOSE, CUT } from '../../../protocol/close-codes.ts';
import { DOORS, type Door } from '../../../protocol/doors.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { assertNever } from '../../../protocol/result.ts';
import type { DialFault } from '../ports.ts';
import { backoffMs, failuresAfter } from './backoff.ts';
import type { Effect, Event, Moment, Step, Timer } from './line-events.ts';
import type { Common, State, StopReason } from './line-state.ts';
import { ownPauseMs, patienceAfter, wishOf } from './patience.ts';

export const TIMES = {
  silenceMs: DEFAULT_LIMITS.clientSilenceMs,
  /** From dial to welcome. */
  slowMs: 20_000,
  /** From an upgrade that was sent to a knock beside it. A relay that is slow because all return at once is not to be asked twice by all. */
  besideMs: 3_000,
  besideGoodMs: 5_000,
  /** From an open WebSocket over which nothing came to a ping, and from that to a knock beside it. */
  signMs: 2_000,
  answerMs: 1_000,
  /** A WebSocket that lived for this long has come through. */
  usefulMs: 10_000,
  /** From the hello of a stream to a first sign: a proxy that keeps answers back until they end lets nothing through. */
  bufferedMs: 3_000,
  /** A WebSocket is tried again after this long at another door. */
  upgradeMs: 5 * 60_000,
  /** A line over HTTP that is cut sooner was not left alone by something on the way: also one in which nothing came but its beginning. */
  shortMs: DEFAULT_LIMITS.clientSilenceMs + 5_000,
} as const;

/** WebSockets that failed after which another door is taken, and short lines after which the next one is. */
const UPGRADES = 3;
const CUTS = 2;

type Live = Extract<State, { readonly at: 'live' }>;
type Greeting = Extract<State, { readonly at: 'greeting' }>;
type Open = Live | Greeting;

const stay = (state: State): Step => ({ state, effects: [] });

export function step(before: State, event: Event, moment: Moment): Step {
  if ('line' in event && event.line !== before.line) return stay(before);
  const patience = patienceAfter(before, event, moment);
  const state: State = patience === before.patience ? before : { ...before, patience };
  switch (event.kind) {
    case 'start':
      return state.at === 'off' || state.at === 'stopped'
        ? dial({ ...common(state), attempt: 0 }, moment)
        : stay(state);
    case 'stop':
      return stop(state, { why: event.why });
    case 'reached':
      return state.at === 'dialing' && state.door === 'socket' ? reached(state) : stay(state);
    case 'opened':
      return state.at === 'dialing' ? opened(state) : stay(state);
    case 'dial-failed':
      return state.at === 'dialing' ? dialFailed(state, event.fault, moment) : stay(state);
    case 'renewed':
      return state.at === 'renewing' ? dial(common(state), moment, true) : stay(state);
    case 'renew-failed':
      if (state.at !== 'renewing') return stay(state);
      return event.fault.kind === 'ended'
        ? stop(state, { why: 'session-ended' })
        : failed(state, event.fault, moment);
    case 'welcomed':
      return state.at === 'greeting' ? welcomed(state, event, moment) : stay(state);
    case 'probed':
      return state.at === 'live' ? probed(state, event.isOpen, moment) : stay(state);
    case 'knocked':
      return event.isAnswered && isSilent(state)
        ? take(state, state.fallback, moment)
        : stay(state);
    case 'caught-up':
      return state.at === 'live' ? stay({ ...state, isCatchingUp: false }) : stay(state);
    case 'heard':
      if (state.at === 'greeting') return stay({ ...state, sign: 'seen' });
      return state.at === 'live' ? stay(heard(state, moment)) : stay(state);
    case 'pong':
      if (state.at === 'greeting') return stay({ ...state, sign: 'seen' });
      return state.at === 'live'
        ? stay({ ...heard(state, moment), rttMs: event.rttMs })
        : stay(state);
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

const common = ({
  line,
  isOnline,
  attempt,
  hasBeenLive,
  door,
  upgrades,
  upgradeAt,
  fallback,
  cuts,
  patience,
}: State): Common => ({
  line,
  isOnline,
  attempt,
  hasBeenLive,
  door,
  upgrades,
  upgradeAt,
  fallback,
  cuts,
  patience,
});

function dial(from: Common, { now }: Moment, hasRenewed = false): Step {
  const line = from.line + 1;
  const door = now >= from.upgradeAt ? 'socket' : from.door;
  return {
    state: { ...from, line, door, at: 'dialing', hasRenewed },
    effects: [
      { kind: 'end' },
      { kind: 'dial', line, door },
      { kind: 'timer', timer: 'slow', ms: TIMES.slowMs },
    ],
  };
}

/** The upgrade was sent. Over a good network it is answered within a round trip, and what swallows it never answers. */
function reached(state: Extract<State, { readonly at: 'dialing' }>): Step {
  const isGood = state.hasBeenLive && state.upgrades === 0;
  return {
    state,
    effects: [{ kind: 'timer', timer: 'beside', ms: isGood ? TIMES.besideGoodMs : TIMES.besideMs }],
  };
}

function opened(state: Extract<State, { readonly at: 'dialing' }>): Step {
  const asked = wishOf(state.patience);
  const effects: Effect[] = [{ kind: 'hello', pingEveryMs: asked }];
  if (state.door === 'socket') effects.push({ kind: 'timer', timer: 'beside', ms: TIMES.signMs });
  if (state.door === 'stream') effects.push({ kind: 'timer', timer: 'slow', ms: TIMES.bufferedMs });
  return { state: { ...common(state), at: 'greeting', sign: 'none', asked }, effects };
}

function welcomed(
  state: Greeting,
  { node, pauseMs }: Extract<Event, { readonly kind: 'welcomed' }>,
  { now }: Moment,
): Step {
  const live: Live = {
    ...common(state),
    at: 'live',
    hasBeenLive: true,
    since: now,
    heardAt: now,
    longestMs: 0,
    pauseMs,
    rttMs: null,
    node,
    isCatchingUp: true,
  };
  const effects: Effect[] = [
    { kind: 'timer', timer: 'silence', ms: TIMES.silenceMs },
    { kind: 'timer', timer: 'ping', ms: ownPauseMs(live) },
    { kind: 'ping' },
  ];
  if (live.door !== 'socket')
    effects.push({ kind: 'timer', timer: 'upgrade', ms: Math.max(0, live.upgradeAt - now) });
  return { state: live, effects };
}

const heard = (state: Live, { now }: Moment): Live => ({
  ...state,
  heardAt: now,
  longestMs: Math.max(state.longestMs, now - state.heardAt),
});

/** A WebSocket of which nothing was heard yet, although it was waited for. */
const isSilent = (state: State): boolean =>
  state.door === 'socket' &&
  (state.at === 'dialing' || (state.at === 'greeting' && state.sign === 'asked'));

/** The WebSocket is not up yet. A relay that is merely slow to say welcome answers a ping. */
function beside(state: State): Step {
  if (state.at === 'greeting' && state.sign === 'none') {
    return {
      state: { ...state, sign: 'asked' },
      effects: [{ kind: 'ping' }, { kind: 'timer', timer: 'beside', ms: TIMES.answerMs }],
    };
  }
  return isSilent(state)
    ? { state, effects: [{ kind: 'knock', line: state.line, door: state.fallback }] }
    : stay(state);
}

/** Takes another door at once. */
function take(state: State, door: Door, moment: Moment): Step {
  return dial(
    { ...common(state), door, fallback: door, cuts: 0, upgradeAt: moment.now + TIMES.upgradeMs },
    moment,
  );
}

/** The door to go on to where this one lets nothing through; undefined when there is none, or when it may still be a WebSocket. */
const doorAfter = (door: Door): Door | undefined =>
  door === 'socket' ? undefined : DOORS[DOORS.indexOf(door) + 1];

/** A WebSocket comes through again, or still does not. One more failure on the way back is enough to return here. */
function probed(state: Live, isOpen: boolean, moment: Moment): Step {
  if (isOpen)
    return dial({ ...common(state), door: 'socket', upgradeAt: 0, upgrades: UPGRADES - 1 }, moment);
  return {
    state: { ...state, upgradeAt: moment.now + TIMES.upgradeMs },
    effects: [{ kind: 'timer', timer: 'upgrade', ms: TIMES.upgradeMs }],
  };
}

function stop(
  state: State,
  stopped: { readonly why: StopReason; readonly expectedKey?: string; readonly seenKey?: string },
): Step {
  return {
    state: { ...common(state), line: state.line + 1, at: 'stopped', ...stopped },
    effects: [{ kind: 'end' }],
  };
}

function wait(state: State, ms: number, { now }: Moment, attempt: number): Step {
  return {
    state: { ...common(state), line: state.line + 1, attempt, at: 'waiting', retryAt: now + ms },
    effects: [{ kind: 'end' }, { kind: 'timer', timer: 'retry', ms }],
  };
}

/** An attempt that did not become live. */
function failed(state: State, fault: DialFault, moment: Moment): Step {
  switch (fault.kind) {
    case 'key-mismatch':
      return stop(state, { why: 'key-changed', expectedKey: fault.expected, seenKey: fault.seen });
    case 'not-a-relay':
      return stop(state, { why: 'not-a-relay' });
    case 'unreachable':
      // What cut the line before may have been the relay's end.
      return wait(
        { ...state, upgrades: 0 },
        backoffMs(state.attempt, moment.fraction),
        moment,
        state.attempt + 1,
      );
    case 'no-upgrade':
      return notThrough(state, state.attempt, moment);
    case 'answered-for':
    case 'refused':
      return wait(
        state,
        backoffMs(state.attempt, moment.fraction, fault.retryAfterMs),
        moment,
        state.attempt + 1,
      );
    default:
      return assertNever(fault);
  }
}

/** One more WebSocket that did not come through. */
function notThrough(state: State, attempt: number, moment: Moment): Step {
  const upgrades = state.upgrades + 1;
  if (upgrades >= UPGRADES && !state.patience.isNew)
    return take({ ...state, upgrades }, state.fallback, moment);
  return wait({ ...state, upgrades }, backoffMs(attempt, moment.fraction), moment, attempt + 1);
}

function dialFailed(
  state: Extract<State, { readonly at: 'dialing' }>,
  fault: DialFault,
  moment: Moment,
): Step {
  if (fault.kind !== 'refused' || fault.status !== 401) return failed(state, fault, moment);
  if (state.hasRenewed) return stop(state, { why: 'session-ended' });
  const line = state.line + 1;
  return {
    state: { ...common(state), line, at: 'renewing' },
    effects: [
      { kind: 'end' },
      { kind: 'renew', line },
      { kind: 'timer', timer: 'slow', ms: TIMES.slowMs },
    ],
  };
}

/** The relay sends its clients away, each with a moment of its own: nothing has to be added, and it is no failure. */
function drained(state: State, moment: Moment, afterMs: number): Step {
  if (state.at !== 'live' && state.at !== 'greeting') return stay(state);
  return wait(
    { ...state, upgrades: upgradesAfter(state, moment) },
    afterMs,
    moment,
    attemptAfter(state, moment),
  );
}

/** A line that was open is no more. How long it was well makes up for failures before. */
function lost(state: State, moment: Moment): Step {
  if (state.at !== 'live' && state.at !== 'greeting') return stay(state);
  const attempt = attemptAfter(state, moment);
  return wait(
    { ...state, upgrades: upgradesAfter(state, moment) },
    backoffMs(attempt, moment.fraction),
    moment,
    attempt + 1,
  );
}

const attemptAfter = (state: Open, { now }: Moment): number =>
  state.at === 'live' ? failuresAfter(state.attempt, now - state.since) : state.attempt;

const isUseful = (state: State, { now }: Moment): boolean =>
  state.at === 'live' && state.door === 'socket' && now - state.since >= TIMES.usefulMs;

const upgradesAfter = (state: State, moment: Moment): number =>
  isUseful(state, moment) ? 0 : state.upgrades;

function closed(state: State, code: number, moment: Moment): Step {
  if (state.at !== 'live' && state.at !== 'greeting') return stay(state);
  if (code === CUT && state.door !== 'socket') return cut(state, moment);
  if (state.door === 'socket' && isOfTheWay(code) && !isUseful(state, moment))
    return notThrough(state, attemptAfter(state, moment), moment);
  if (closeMeaning(code) === 'again' || isUnknownWish(state, code)) return lost(state, moment);
  if (code === CLOSE.sessionEnded) return stop(state, { why: 'session-ended' });
  if (code === CLOSE.versionUnsupported) return stop(state, { why: 'version' });
  return stop(state, { why: 'protocol' });
}

/** An older relay than the one before it: what it was asked is not asked again. */
const isUnknownWish = (state: Open, code: number): boolean =>
  state.at === 'greeting' && state.asked !== null && code === CLOSE.protocolError;

/** A relay closes with a code of its own. That it heard no hello is the way's doing too. */
const isOfTheWay = (code: number): boolean => code < 4_000 || code === CLOSE.helloTimeout;

/** A line over HTTP ended without a word. Where that goes on, the next door is asked. */
function cut(state: Open, moment: Moment): Step {
  const next = doorAfter(state.door);
  if (state.at === 'greeting') return next ? take(state, next, moment) : lost(state, moment);
  const isShort = moment.now - state.since < TIMES.shortMs && !state.patience.isNew;
  const cuts = isShort ? state.cuts + 1 : 0;
  return next && cuts >= CUTS ? take(state, next, moment) : lost({ ...state, cuts }, moment);
}

function timer(state: State, name: Timer, moment: Moment): Step {
  switch (name) {
    case 'retry':
      return state.at === 'waiting' ? dial(common(state), moment) : stay(state);
    case 'slow':
      if (state.at === 'dialing' || state.at === 'renewing')
        return failed(state, { kind: 'unreachable' }, moment);
      return state.at === 'greeting' ? unwelcome(state, moment) : stay(state);
    case 'beside':
      return beside(state);
    case 'upgrade':
      return state.at === 'live'
        ? { state, effects: [{ kind: 'probe', line: state.line }] }
        : stay(state);
    case 'ping':
      if (state.at !== 'live') return stay(state);
      return {
        state,
        effects: [{ kind: 'timer', timer: 'ping', ms: ownPauseMs(state) }, { kind: 'ping' }],
      };
    case 'silence': {
      if (state.at !== 'live') return stay(state);
      const silentMs = moment.now - state.heardAt;
      if (silentMs >= TIMES.silenceMs) return lost(state, moment);
      return {
        state,
        effects: [{ kind: 'timer', timer: 'silence', ms: TIMES.silenceMs - silentMs }],
      };
    }
    default:
      return assertNever(name);
  }
}

/** No welcome came in time. A stream through which something came has as long as any other line. */
function unwelcome(state: Greeting, moment: Moment): Step {
  if (state.door === 'socket') return lost(state, moment);
  if (state.door !== 'stream' || state.sign === 'none') return cut(state, moment);
  return {
    state: { ...state, sign: 'none' },
    effects: [{ kind: 'timer', timer: 'slow', ms: TIMES.slowMs }],
  };
}

/** A person, a lid or a cable: what was open may be dead without knowing it. */
function fresh(state: State, isPerson: boolean, moment: Moment): Step {
  if (state.at === 'off') return stay(state);
  if (state.at === 'stopped' && !mayTryAgain(state.why, isPerson)) return stay(state);
  const upgrades = state.door === 'socket' ? upgradesAfter(state, moment) : UPGRADES - 1;
  return dial(
    {
      ...common(state),
      attempt: 0,
      door: 'socket',
      upgradeAt: 0,
      upgrades,
      fallback: 'stream',
      cuts: 0,
    },
    moment,
  );
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
