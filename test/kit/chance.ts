/** Dice over a seed: what a simulation asks of chance, in words. `fork` gives a part its own dice, so that drawing more often in one part does not change another. */
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

export interface Chance extends SeededRandom {
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  /** True in this share of the cases. */
  happens(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Picks a key; a key of weight 2 comes twice as often as one of weight 1, one of weight 0 never. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  fork(name: string): Chance;
}

export function createChance(seed: string): Chance {
  const random = createSeededRandom(seed);
  const int = (least: number, most: number): number =>
    least + Math.floor(random.fraction() * (most - least + 1));
  return {
    ...random,
    int,
    happens: (share) => random.fraction() < share,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return from[int(0, from.length - 1)] as T;
    },
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const entries = Object.entries(weights) as [K, number][];
      let left = random.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        if (left < weight) return key;
        left -= weight;
      }
      const last = entries.findLast(([, weight]) => weight > 0);
      if (!last) throw new RangeError('nothing to pick from');
      return last[0];
    },
    fork: (name) => createChance(`${seed}/${name}`),
  };
}
