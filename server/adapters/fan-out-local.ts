/** Fan-out within one process: everybody hears at once, in order, and nothing is ever lost. */
import type { FanOut, FanOutMessage } from '../ports/fan-out.ts';
import type { Log } from '../ports/log.ts';

export function createLocalFanOut({ log }: { readonly log: Log }): FanOut {
  const listeners = new Set<(message: FanOutMessage) => void>();
  return {
    state: 'well',
    counts: { sent: 0, heard: 0, dropped: 0, refused: 0, doubts: 0 },
    publish(message) {
      for (const listener of listeners) {
        try {
          listener(message);
        } catch (error) {
          log.error('fan-out-listener-failed', { kind: message.kind }, error);
        }
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      return Promise.resolve();
    },
  };
}
