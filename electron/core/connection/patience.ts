/**
 * How much silence the way to a relay bears. Some proxies and routers cut a line over which nothing went for ten or twenty seconds, which is
 * less than the pause between two pings. Two lines in a row that were cut without a word after the same silence tell that, and then the relay
 * is asked to ping twice in that time. Remembered while the program runs, for each team, until the network changes.
 *
 * Much else cuts lines: a relay that was killed, a lid that was shut, a cable. Those strike at any moment of a silence, so they are told apart:
 * a silence no longer than one that the same line lived through was not why it died, two silences that differ were not counted by one clock,
 * and a relay that cannot be reached right after has gone itself.
 */
import { CUT } from '../../../protocol/close-codes.ts';
import { DEFAULT_LIMITS, PING_SPREAD } from '../../../protocol/limits.ts';
import type { Event, Moment } from './line-events.ts';
import type { Patience, State } from './line-state.ts';

type Live = Extract<State, { readonly at: 'live' }>;

const { pingLeastMs, pingMostMs, pingEveryMs } = DEFAULT_LIMITS;
/** Timers are late, on both sides. */
const SLACK_MS = 1_000;
/** Less silence than this the shortest pause would not prevent. */
const LEAST_MS = (1 + PING_SPREAD) * pingLeastMs + SLACK_MS;

/** What is known once `event` has happened; the same object when that is nothing new. */
export function patienceAfter(state: State, event: Event, { now }: Moment): Patience {
  const { patience } = state;
  switch (event.kind) {
    case 'welcomed':
      return { ...patience, isNew: false, relayLeastMs: event.leastMs };
    case 'closed':
      if (state.at === 'live')
        return afterLine(state, event.code === CUT ? fatalSilence(state, now) : null);
      // An older relay hangs up on what it does not know.
      return state.at === 'greeting' && state.asked !== null
        ? { ...patience, relayLeastMs: null }
        : patience;
    case 'dial-failed': {
      const { fault } = event;
      const isThere =
        fault.kind === 'no-upgrade' || (fault.kind === 'refused' && fault.status === 401);
      return isThere ? patience : { ...patience, suspectedMs: null };
    }
    case 'wake':
      return { ...patience, suspectedMs: null };
    case 'network':
      return {
        suspectedMs: null,
        cutAfterMs: null,
        isNew: false,
        relayLeastMs: patience.relayLeastMs,
      };
    default:
      return patience;
  }
}

/** The pause to ask the relay for; null: its own will do, or it cannot be asked. */
export function wishOf({ cutAfterMs, relayLeastMs }: Patience): number | null {
  const wanted = pauseFor(cutAfterMs);
  return wanted === null || relayLeastMs === null ? null : Math.max(wanted, relayLeastMs);
}

/** The pause between our own pings. They are for measuring; where a relay cannot be asked, for keeping the line as well. */
export function ownPauseMs({ door, patience, pauseMs }: Live): number {
  const wanted = pauseFor(patience.cutAfterMs);
  // Over HTTP a ping goes another way than what it should keep.
  return wanted === null || wanted >= pauseMs || door !== 'socket'
    ? pingEveryMs
    : Math.min(wanted, pingEveryMs);
}

/** What there is to say about it while the line is live; undefined: nothing out of the ordinary. */
export function impatienceOf(
  state: Live,
): { readonly cutAfterMs: number; readonly pingEveryMs: number } | undefined {
  const { cutAfterMs } = state.patience;
  return cutAfterMs === null
    ? undefined
    : {
        cutAfterMs: Math.round(cutAfterMs),
        pingEveryMs: Math.min(state.pauseMs, ownPauseMs(state)),
      };
}

/** Half of the silence, in whole seconds. */
const pauseFor = (cutAfterMs: number | null): number | null =>
  cutAfterMs === null
    ? null
    : Math.min(pingMostMs, Math.max(pingLeastMs, Math.floor(cutAfterMs / 2_000) * 1_000));

function afterLine({ patience, door }: Live, silentMs: number | null): Patience {
  const { suspectedMs, relayLeastMs } = patience;
  if (silentMs === null || suspectedMs === null || !isAlike(silentMs, suspectedMs))
    return { ...patience, suspectedMs: silentMs, isNew: false };
  const cutAfterMs = Math.min(silentMs, suspectedMs);
  const canChange = relayLeastMs !== null || door === 'socket';
  return {
    ...patience,
    suspectedMs: null,
    cutAfterMs,
    isNew: canChange && pauseFor(cutAfterMs) !== pauseFor(patience.cutAfterMs),
  };
}

/** The silence in which this line died, if it may have died of it. */
function fatalSilence({ door, heardAt, longestMs, pauseMs }: Live, now: number): number | null {
  const silentMs = now - heardAt;
  const isOfOneLine = door === 'socket' || door === 'stream';
  // Longer than that it would have been broken by a ping: something else is wrong.
  const isBetweenPings = silentMs <= (1 + PING_SPREAD) * pauseMs + SLACK_MS;
  return isOfOneLine && isBetweenPings && silentMs >= LEAST_MS && silentMs > longestMs - SLACK_MS
    ? silentMs
    : null;
}

const isAlike = (a: number, b: number): boolean => Math.abs(a - b) <= SLACK_MS;
