/**
 * Fan-out between nodes that share a database and nothing else: this node hears itself at once, and looks every few seconds whether
 * others have written. Signals do not cross.
 */
import type { Clock } from '../ports/clock.ts';
import type { FanOut } from '../ports/fan-out.ts';
import type { Log } from '../ports/log.ts';
import { createLocalFanOut } from './fan-out-local.ts';

export interface LookingFanOutParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
}

export function createLookingFanOut({ clock, log, everyMs }: LookingFanOutParts): FanOut {
  const local = createLocalFanOut({ log });
  let doubts = 0;
  let cancel = (): void => undefined;
  const look = (): void => {
    cancel = clock.after(everyMs, look);
    doubts++;
    local.publish({ kind: 'doubt' });
  };
  cancel = clock.after(everyMs, look);
  return {
    state: 'degraded',
    get counts() {
      return { ...local.counts, doubts };
    },
    publish: (message) => local.publish(message),
    listen: (listener) => local.listen(listener),
    close() {
      cancel();
      return local.close();
    },
  };
}
