/**
 * A clock whose timers cannot bring the program down: what goes wrong in one is handed on, with the same care as a command
 * or a frame that fails. Where a database can be damaged or a disk full, every timer is a place to find out.
 */
import type { Clock } from './ports.ts';

export const guardClock = (clock: Clock, onFault: (error: unknown) => void): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  after: (ms, run) =>
    clock.after(ms, () => {
      try {
        run();
      } catch (error) {
        onFault(error);
      }
    }),
});
