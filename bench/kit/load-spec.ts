/** The questions that the orchestrator puts to the load process, and its answers. */
import type { DialectName } from './dialects.ts';
import type { Tally } from './meter.ts';
import type { DelaySummary } from './stats.ts';

export interface Setting {
  readonly dialect: DialectName;
  /** Of the servers: the members of each channel are spread evenly over them. */
  readonly ports: readonly [number, ...number[]];
  readonly isTls: boolean;
  readonly channels: number;
  readonly membersPerChannel: number;
  readonly bodyBytes: number;
  /** A JSON file with one `Pass` per member; for the relay only. */
  readonly passesFile: string | null;
}

export interface Connected {
  readonly members: number;
  readonly tookMs: number;
}

export interface Closed {
  /** Members per channel who always have `window` messages on the way. */
  readonly sendersPerChannel: number;
  readonly window: number;
  readonly ms: number;
}

export interface Paced {
  readonly messagesPerSecond: number;
  readonly ms: number;
}

export interface Burst {
  readonly messages: number;
  /** So many on the way at once, each from another member. */
  readonly window: number;
}

export interface Flown {
  readonly sent: number;
  readonly deliveries: number;
  readonly acks: number;
  /** From the first send to the last delivery. */
  readonly tookMs: number;
  readonly delays: DelaySummary;
  /** From the send to its acknowledgement, where there is one. */
  readonly ackDelays: DelaySummary;
  /** Share of one core that the load itself used. */
  readonly loadShare: number;
  /** Over everything since `connect`. */
  readonly tally: Tally;
  /** Refusals and lost connections, first few. */
  readonly troubles: readonly string[];
}

export interface Returned {
  readonly members: number;
  readonly missedEach: number;
  readonly tookMs: number;
  readonly tally: Tally;
  readonly troubles: readonly string[];
}
