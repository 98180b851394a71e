/** Killed at any moment, nothing is lost, doubled or out of order. */
import { expect, test } from 'vitest';
import { amount } from '../kit/campaign.ts';
import { killRound } from './kill-round.ts';

const ROUND_MS = 600_000;
const MESSAGES = amount(200, 1_000);
const KILLS = amount(12, 50);

test(
  `${MESSAGES} messages and ${KILLS} kills: everything is there, once, in one order, at both desktops and the relay`,
  async () => {
    // Another round each day; the seed is printed, so that the round can be repeated.
    const seed = Math.floor(Date.now() / 86_400_000);
    const round = await killRound({ seed, messages: MESSAGES, kills: KILLS });
    console.log(
      `round ${seed}: ${round.messages} messages, killed ${JSON.stringify(round.kills)}, ${round.seconds} s`,
    );
    const replay = `node test/system/run.ts --from ${seed} --messages ${MESSAGES} --kills ${KILLS}`;
    expect(round.broken, `replay with: ${replay}`).toEqual([]);
    expect(Object.values(round.kills).reduce((sum, kills) => sum + kills)).toBeGreaterThanOrEqual(
      KILLS,
    );
  },
  ROUND_MS,
);
