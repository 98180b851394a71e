/** One window's session with the core, as the carriers of the bridge see it. */
import type { Batch } from '../bridge/events.ts';
import type { CallTaker } from './bridge-door.ts';

export interface BridgeSession extends CallTaker {
  onBatch(listener: (batch: Batch) => void): () => void;
  dispose(): void;
}
