/** What every contestant answers: how to start it and what it has used. */
import { answer } from './remote.ts';
import { usageAtRest, usageNow } from './usage.ts';

export interface ServerSpec {
  readonly channels: number;
  readonly membersPerChannel: number;
  /** A folder of its own; gone after the run. */
  readonly folder: string;
  readonly isTls: boolean;
  /** Whether members may come back and get what they missed. */
  readonly recovers: boolean;
  /** Messages already in the store, spread over the channels; for the relay only. */
  readonly storedMessages: number;
  /** Which of a contestant's ways to run, where it has several. */
  readonly variant: string;
}

export interface Started {
  readonly port: number;
  readonly passesFile: string | null;
}

/** Makes a program of a contestant. */
export function serveContestant(start: (spec: ServerSpec) => Promise<Started>): void {
  answer({
    start: (spec: ServerSpec) => start(spec),
    usage: () => usageNow(),
    usageAtRest: () => usageAtRest(),
  });
}
