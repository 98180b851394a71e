/**
 * What the transport lab found: the four doors of one relay under the same traffic, side by side. Asked for while somebody looks, and no
 * part of the window's state. What was not measured is never a number.
 */
import type { Door } from '../../protocol/doors.ts';

/** Why a door could not be measured. */
export type LabFault =
  /** `silent`: it opened, and nothing came. `too-old`: the relay knows no echo. */
  | {
      readonly kind:
        | 'unreachable'
        | 'not-a-relay'
        | 'no-upgrade'
        | 'key-mismatch'
        | 'signed-out'
        | 'silent'
        | 'too-old';
    }
  /** Before it was open, with a status of HTTP: by the relay, or by something in its place. */
  | { readonly kind: 'refused' | 'answered-for'; readonly status: number }
  /** In the middle, with a close code. */
  | { readonly kind: 'closed'; readonly code: number }
  /** The relay would not take a message; the kind of its refusal. */
  | { readonly kind: 'turned-down'; readonly problem: string }
  /** Not all that was said came back. */
  | { readonly kind: 'lost'; readonly heard: number; readonly said: number };

export type Stage<Figures> =
  | { readonly state: 'left-out' | 'to-come' | 'running' }
  | { readonly state: 'measured'; readonly figures: Figures }
  | { readonly state: 'failed'; readonly why: LabFault };

/** Processor time of the relay's whole process, by whatever it did meanwhile. */
export type Cpu =
  | { readonly state: 'measured'; readonly usPerMessage: number }
  /** Only owners and admins are told; several relays answered, and their sums do not go together; the relay did not say. */
  | { readonly state: 'not-told' | 'several-relays' | 'unsaid' };

export interface TrafficFigures {
  readonly messages: number;
  /** From saying a message until it is heard at the same door. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Requests made, and bytes both ways with what TLS adds, per message: saying and hearing it together. */
  readonly requests: number;
  readonly bytes: number;
  readonly cpu: Cpu;
  /** Events of other people that came in between and are in these figures. */
  readonly others: number;
}

/** A minute in which this side says nothing but its pings. */
export interface IdleFigures {
  /** How long was really measured; the figures are for a minute. */
  readonly measuredMs: number;
  readonly bytes: number;
  readonly wakeUps: number;
  readonly others: number;
}

export interface DoorRow {
  readonly door: Door;
  readonly traffic: Stage<TrafficFigures>;
  readonly idle: Stage<IdleFigures>;
}

export interface LabView {
  /** Grows with everything that is new. */
  readonly version: number;
  /** `none`: it has not run since the app was started. */
  readonly state: 'none' | 'running' | 'done' | 'stopped';
  readonly rows: readonly DoorRow[];
}
