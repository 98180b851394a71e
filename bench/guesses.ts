/**
 * Can somebody who guesses at passwords tell by the time of a refusal who is a member? Sign-ins with a wrong password for a member and for
 * names nobody has, in turns, timed where the use case begins and ends: over a network there is only more noise.
 */
import { createAuthKit, FROM } from '../test/kit/auth-kit.ts';
import type { Answer, Question } from './kit/question.ts';
import { figure } from './kit/table.ts';

type Guess = 'a member' | 'nobody';

/** Longer than any pause that a wrong guess may cost. */
const PAUSE_MS = 24 * 60 * 60_000;

async function timings(count: number): Promise<Readonly<Record<Guess, readonly number[]>>> {
  const kit = createAuthKit();
  const took: Record<Guess, number[]> = { 'a member': [], nobody: [] };
  const guess = async (who: Guess, handle: string): Promise<void> => {
    kit.clock.advance(PAUSE_MS);
    const from = performance.now();
    const done = await kit.auth.accounts.signIn({ handle, password: 'ten lives of the office cat', device: 'Desk' }, FROM);
    took[who].push(performance.now() - from);
    if (done.ok || done.error.kind !== 'wrong-credentials') throw new Error(`a guess at ${who} was ${done.ok ? 'right' : done.error.kind}`);
  };
  try {
    await kit.found();
    for (let n = 0; n < count; n++) {
      const turns = [() => guess('a member', 'ada'), () => guess('nobody', `ada${n}`)];
      for (const turn of n % 2 === 0 ? turns : turns.reverse()) await turn();
    }
    return took;
  } finally {
    await kit.dispose();
  }
}

/** How often the first of two takes longer, one drawn from each: 0.5 where they cannot be told apart. */
function shareLonger(ones: readonly number[], others: readonly number[]): number {
  const sorted = [...ones.map((ms) => ({ ms, isOne: true })), ...others.map((ms) => ({ ms, isOne: false }))].sort((a, b) => a.ms - b.ms);
  const ranks = sorted.reduce((sum, { isOne }, i) => sum + (isOne ? i + 1 : 0), 0);
  return (ranks - (ones.length * (ones.length + 1)) / 2) / (ones.length * others.length);
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? NaN;

export const guesses: Question = {
  name: 'guesses',
  asks: 'whether the time of a refusal tells who is a member',
  async answer({ isQuick, log }): Promise<Answer> {
    const count = isQuick ? 100 : 5_000;
    log(`${count} guesses each`);
    const took = await timings(count);
    const share = shareLonger(took['a member'], took.nobody);
    return {
      tables: [
        {
          title: `A wrong password, ${count.toLocaleString('en')} times each`,
          columns: ['for', 'p5 ms', 'p50', 'p95', 'takes longer than the other'],
          rows: (['a member', 'nobody'] as const).map((who) => [
            who,
            ...[0.05, 0.5, 0.95].map((part) => figure(quantile(took[who], part))),
            figure(who === 'a member' ? share : 1 - share),
          ]),
          notes: ['At the least cost of a hash that the relay takes, and with no pause for a guess that was wrong before it.'],
        },
      ],
      // Of 5,000 each, what chance alone does is below 0.015 in 99 of 100 runs.
      aims: [
        { id: 'S61', what: 'how far from 0.5 the share of longer ones is', measured: Math.abs(share - 0.5), accept: 0.03, moonshot: 0.015 },
      ],
      raw: { count, share },
      wrongs: [],
    };
  },
};
