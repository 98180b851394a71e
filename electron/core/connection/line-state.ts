/** The states of one line to a relay. What leads from one to another is drawn and decided in `machine.ts`. */
import type { Door } from '../../../protocol/doors.ts';
import type { Wire } from '../../bridge/views.ts';

export type StopReason = Extract<Wire, { readonly state: 'stopped' }>['why'];

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
}

/** Whether anything came over a WebSocket that has opened: nobody knows, it was asked for, it did. */
export type Sign = 'none' | 'asked' | 'seen';

export type State = Common &
  (
    | { readonly at: 'off' }
    | { readonly at: 'dialing'; readonly hasRenewed: boolean }
    | { readonly at: 'renewing' }
    | { readonly at: 'greeting'; readonly sign: Sign }
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
