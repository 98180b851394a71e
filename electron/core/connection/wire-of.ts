/** The state of a line as the window shows it. */
import { assertNever } from '../../../protocol/result.ts';
import type { Wire } from '../../bridge/views.ts';
import type { State } from './line-state.ts';
import { impatienceOf } from './patience.ts';

/** Attempts after which a lost line is called offline and no longer reconnecting. */
const PATIENCE = 3;

/** What the window shows. `wallOf` turns a monotonic moment into wall time. */
export function wireOf(state: State, now: number, wallOf: (monotonic: number) => number): Wire {
  switch (state.at) {
    case 'off':
      return { state: 'stopped', why: 'signed-out' };
    case 'dialing':
    case 'renewing':
    case 'greeting':
      if (!state.isOnline)
        return { state: 'offline', retryAt: wallOf(now), attempt: state.attempt };
      if (!state.hasBeenLive && state.attempt === 0) return { state: 'connecting', attempt: 1 };
      return away(state, wallOf(now));
    case 'live': {
      const { rttMs, node, isCatchingUp, door } = state;
      const impatience = impatienceOf(state);
      return {
        state: 'live',
        rttMs,
        node,
        isCatchingUp,
        door,
        ...(impatience === undefined ? {} : { impatience }),
      };
    }
    case 'waiting':
      return away(state, wallOf(state.retryAt));
    case 'stopped': {
      const { why, expectedKey, seenKey } = state;
      return {
        state: 'stopped',
        why,
        ...(expectedKey === undefined ? {} : { expectedKey }),
        ...(seenKey === undefined ? {} : { seenKey }),
      };
    }
    default:
      return assertNever(state);
  }
}

function away(state: State, retryAt: number): Wire {
  const { attempt } = state;
  const isShort = state.isOnline && state.hasBeenLive && attempt <= PATIENCE;
  return isShort
    ? { state: 'reconnecting', retryAt, attempt }
    : { state: 'offline', retryAt, attempt };
}
