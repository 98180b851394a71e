/** Killed at any moment, nothing is lost, doubled or out of order. `node test/system/run.ts --rounds N` for more. */
import { expect, test } from 'vitest';
import { killRound } from './kill-round.ts';

const ROUND_MS = 600_000;

test(
  'a thousand messages and fifty kills: everything is there, once, in one order, on both sides and at the relay',
  async () => {
    // A round of its own each day; the seed is told, so that it can be had again.
    const seed = Math.floor(Date.now() / 86_400_000);
    const round = await killRound({ seed, messages: 1_000, kills: 50 });
    console.log(
      `round ${seed}: ${round.messages} messages, killed ${JSON.stringify(round.kills)}, ${round.seconds} s`,
    );
    expect(round.broken, `replay with: node test/system/run.ts --from ${seed}`).toEqual([]);
    expect(Object.values(round.kills).reduce((sum, kills) => sum + kills)).toBeGreaterThanOrEqual(
      50,
    );
  },
  ROUND_MS,
);
