/**
 * What the window may see of the line to a relay: what the doctor found on the way, and the wire itself as it was. Asked for while somebody
 * looks, and no part of the window's state. No token, no text of anybody is in any of it.
 */
import type { Finding, StepName } from '../../doctor/findings.ts';
import type { Door } from '../../protocol/doors.ts';

export interface CheckView {
  /** The steps that are taken, in their order; those without a finding are still to come, or will not. */
  readonly steps: readonly StepName[];
  readonly findings: readonly Finding[];
  /** The step that runs takes its time: since when (epoch ms), and how long if all is well. */
  readonly waits: { readonly step: StepName; readonly since: number; readonly ms: number } | null;
  readonly state: 'running' | 'done' | 'stopped';
}

/** One handshake as it went over the line. Lines of headers as they were sent; what the token was is struck out. */
export interface Handshake {
  readonly request: readonly string[];
  readonly response: readonly string[];
  /** `Sec-WebSocket-Accept` answers the key that was sent. */
  readonly isAccepted: boolean;
}

export interface FrameSeen {
  /** Epoch ms. */
  readonly at: number;
  readonly way: 'up' | 'down';
  /** The kind of frame, as the wire names it. */
  readonly type: string;
  /** Of the text, without WebSocket's own few bytes. */
  readonly bytes: number;
}

export interface PingSeen {
  readonly at: number;
  readonly rttMs: number;
}

/** What became of an attempt, or of a line. */
export type LineTurn =
  | { readonly kind: 'dialed'; readonly door: Door }
  /** The upgrade is done; `ms` since the dial. */
  | { readonly kind: 'opened'; readonly ms: number }
  | { readonly kind: 'unreachable' | 'not-a-relay' | 'no-upgrade' | 'key-mismatch' | 'ended' }
  | { readonly kind: 'refused'; readonly status: number }
  /** Something on the way answered in the relay's place: an upgrade behind which the relay is, or whatever was asked. */
  | { readonly kind: 'upgrade-answered-for' | 'answered-for'; readonly status: number }
  /** The other side ended it. */
  | { readonly kind: 'closed'; readonly code: number }
  /** The network ended it, after so long a silence, without a word. */
  | { readonly kind: 'cut'; readonly silentMs: number }
  /** This side let it go: before there was an answer, after too long a silence, because nothing ever came over it, because the relay asked for it, or for a fresh one. */
  | { readonly kind: 'given-up' | 'silent' | 'unheard' | 'drained' | 'let-go' };

export type TurnSeen = LineTurn & { readonly at: number };

export interface LineRecordView {
  /** Grows with everything recorded. */
  readonly version: number;
  /** Of the last line that was dialled and answered. */
  readonly handshake: Handshake | null;
  /** Each the newest few, oldest first. */
  readonly frames: readonly FrameSeen[];
  readonly pings: readonly PingSeen[];
  readonly turns: readonly TurnSeen[];
}
