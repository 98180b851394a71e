/**
 * Waits for a channel to become one of ours: its news comes with the member's feed, shortly before or after the answer
 * to whoever made or joined it.
 */
import type { Clock } from '../ports.ts';

export interface Joining {
  /** True when the channel is ours, false when it was not after `ms`. */
  wait(channel: string, ms: number): Promise<boolean>;
  joined(channel: string): void;
}

export function createJoining({
  clock,
  isJoined,
}: {
  readonly clock: Clock;
  readonly isJoined: (channel: string) => boolean;
}): Joining {
  const waiting = new Map<string, Set<(isIn: boolean) => void>>();
  return {
    wait: (channel, ms) => {
      if (isJoined(channel)) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settles = waiting.get(channel) ?? new Set();
        waiting.set(channel, settles);
        const settle = (isIn: boolean): void => {
          cancel();
          settles.delete(settle);
          if (settles.size === 0) waiting.delete(channel);
          resolve(isIn);
        };
        const cancel = clock.after(ms, () => settle(false));
        settles.add(settle);
      });
    },
    joined: (channel) => {
      for (const settle of [...(waiting.get(channel) ?? [])]) settle(true);
    },
  };
}
