/** What the bench raises, since it says more than any person; docs/PERFORMANCE.md names them. All else is as it ships. */
import type { Limits } from '../../protocol/limits.ts';

const ALMOST_UNLIMITED = 1_000_000;

export const RAISED_LIMITS: Partial<Limits> = {
  sendsPerSecond: ALMOST_UNLIMITED,
  sendsBurst: ALMOST_UNLIMITED,
  framesPerSecond: ALMOST_UNLIMITED,
  framesBurst: ALMOST_UNLIMITED,
  bytesInPerSecond: ALMOST_UNLIMITED * 1_000,
  // All members come from one address.
  socketsUnauthenticatedPerAddress: 1_000,
  socketsUnauthenticatedKnown: 1_000,
  connectionsPerSecond: ALMOST_UNLIMITED,
  connectionsBurst: ALMOST_UNLIMITED,
};
