/** What happens to a line, and what is done about it: the words between `machine.ts`, which decides, and `connection.ts`, which acts. */
import type { Door } from '../../../protocol/doors.ts';
import type { DialFault } from '../ports.ts';
import type { State, StopReason } from './line-state.ts';

export type RenewFault = DialFault | { readonly kind: 'ended' };

export type Event =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly why: StopReason }
  /** The upgrade was sent to the relay, or to whoever is on the way. */
  | { readonly kind: 'reached'; readonly line: number }
  | { readonly kind: 'opened'; readonly line: number }
  | { readonly kind: 'dial-failed'; readonly line: number; readonly fault: DialFault }
  | { readonly kind: 'renewed'; readonly line: number }
  | { readonly kind: 'renew-failed'; readonly line: number; readonly fault: RenewFault }
  /** `pauseMs`: between the relay's pings on this line. `leastMs`: what it can be asked for instead; null: it cannot be asked. */
  | {
      readonly kind: 'welcomed';
      readonly line: number;
      readonly node: string;
      readonly pauseMs: number;
      readonly leastMs: number | null;
    }
  | { readonly kind: 'caught-up'; readonly line: number }
  | { readonly kind: 'heard'; readonly line: number }
  | { readonly kind: 'pong'; readonly line: number; readonly rttMs: number }
  | { readonly kind: 'overdue'; readonly line: number }
  | { readonly kind: 'drain'; readonly line: number; readonly afterMs: number }
  | { readonly kind: 'closed'; readonly line: number; readonly code: number }
  | { readonly kind: 'timer'; readonly line: number; readonly timer: Timer }
  /** What came of a `probe`. */
  | { readonly kind: 'probed'; readonly line: number; readonly isOpen: boolean }
  /** What came of a `knock`. */
  | { readonly kind: 'knocked'; readonly line: number; readonly isAnswered: boolean }
  | { readonly kind: 'wake' }
  | { readonly kind: 'network'; readonly isOnline: boolean }
  | { readonly kind: 'retry' };

export type Timer = 'retry' | 'slow' | 'beside' | 'silence' | 'ping' | 'upgrade';

export type Effect =
  /** Opens a socket for `line`; everything of older lines (sockets, timers) ends first. */
  | { readonly kind: 'dial'; readonly line: number; readonly door: Door }
  /** Finds out whether a WebSocket would come through; the line stays as it is. */
  | { readonly kind: 'probe'; readonly line: number }
  /** Finds out whether the relay answers plain requests; the line stays as it is. */
  | { readonly kind: 'knock'; readonly line: number; readonly door: Door }
  | { readonly kind: 'renew'; readonly line: number }
  /** `pingEveryMs`: the pause to ask for; null: the relay's own. */
  | { readonly kind: 'hello'; readonly pingEveryMs: number | null }
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
