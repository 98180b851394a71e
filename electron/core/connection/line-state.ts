/** The states of one line to a relay. What leads from one to another is drawn and decided in `machine.ts`. */
import type { Door } from '../../../protocol/doors.ts';
import type { Wire } from '../../bridge/views.ts';

export type StopReason = Extract<Wire, { readonly state: 'stopped' }>['why'];

/** What the lines so far tell of how much silence the way bears. */
export interface Patience {
  /** The silence in which the last line was cut, where that may be why. Two in a row that agree are no chance. */
  readonly suspectedMs: number | null;
  /** The silence after which this way cuts. */
  readonly cutAfterMs: number | null;
  /** It was found by the line that just ended: more pings are tried before another door is. */
  readonly isNew: boolean;
  /** The shortest pause between pings that the relay can be asked for; null: it cannot be asked. */
  readonly relayLeastMs: number | null;
}

/** What every state carries. */
export interface Common {
  readonly line: number;
  readonly isOnline: boolean;
  /** Failures in a row. */
  readonly attempt: number;
  /** It was live before in this run. */
  readonly hasBeenLive: boolean;
  readonly door: Door;
  /** WebSockets in a row that did not come through, or were cut on the way before they were of use. */
  readonly upgrades: number;
  /** When a WebSocket is tried again; monotonic. */
  readonly upgradeAt: number;
  /** The door to use where a WebSocket does not come through. */
  readonly fallback: Door;
  /** Lines in a row that were cut soon after they were live. */
  readonly cuts: number;
  readonly patience: Patience;
}

/** Whether anything came over a WebSocket that has opened: nobody knows, it was asked for, it did. */
export type Sign = 'none' | 'asked' | 'seen';

export type State = Common &
  (
    | { readonly at: 'off' }
    | { readonly at: 'dialing'; readonly hasRenewed: boolean }
    | { readonly at: 'renewing' }
    /** `asked`: the pause between pings that was asked for, if one was. */
    | { readonly at: 'greeting'; readonly sign: Sign; readonly asked: number | null }
    | {
        readonly at: 'live';
        readonly since: number;
        readonly heardAt: number;
        /** The longest silence that this line has lived through. */
        readonly longestMs: number;
        /** Between the relay's pings, give or take a fifth. */
        readonly pauseMs: number;
        readonly rttMs: number | null;
        readonly node: string;
        readonly isCatchingUp: boolean;
      }
    | { readonly at: 'waiting'; readonly retryAt: number }
    | {
        readonly at: 'stopped';
        readonly why: StopReason;
        readonly expectedKey?: string;
        readonly seenKey?: string;
      }
  );

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
  patience: { suspectedMs: null, cutAfterMs: null, isNew: false, relayLeastMs: null },
};
