/**
 * Takes the way to a relay step by step and tells what it finds as it finds it. Stops where going on would only repeat the failure,
 * or when it is told to; leaves no socket behind.
 */
import type { Finding } from './findings.ts';
import type { Clock, Sockets } from './ports.ts';
import { STEPS, type Step } from './steps.ts';
import type { Subject, Visit } from './visit.ts';

export interface Examination {
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** Ends it: no finding comes after. */
  readonly signal: AbortSignal;
  readonly steps?: readonly Step[];
}

export const stepsFor = (subject: Subject, steps: readonly Step[] = STEPS): readonly Step[] =>
  steps.filter((step) => step.applies(subject));

/** Each finding once, in the order of the steps; a step that has nothing to look at has none. */
export async function* examine(
  subject: Subject,
  { sockets, clock, signal, steps }: Examination,
): AsyncGenerator<Finding, void> {
  const visit: Visit = { subject, sockets, clock, signal, answer: null, token: null, socket: null };
  try {
    for (const step of stepsFor(subject, steps)) {
      const found = await inTime(step, visit, clock, signal);
      if (signal.aborted) return;
      if (!found) continue;
      yield found;
      if (!found.isWell && step.isNeeded) return;
    }
  } finally {
    visit.socket?.end();
  }
}

/** Sockets end with their signal, so a step that is late ends too, with the finding that nothing came. */
async function inTime(
  step: Step,
  visit: Visit,
  clock: Clock,
  outer: AbortSignal,
): Promise<Finding | null> {
  const late = new AbortController();
  const cancel = clock.after(step.limitMs, () => late.abort());
  visit.signal = AbortSignal.any([outer, late.signal]);
  try {
    return await step.look(visit);
  } finally {
    cancel();
  }
}
