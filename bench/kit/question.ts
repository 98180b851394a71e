/** One question of the bench: a table, what was aimed at, and whether every delivery was right. */
import type { Table } from './table.ts';

export interface BenchOptions {
  /** A few seconds per question instead of minutes: to see that it works, not to be quoted. */
  readonly isQuick: boolean;
  readonly log: (line: string) => void;
}

/** One aim of docs/PERFORMANCE.md. */
export interface Aim {
  readonly id: string;
  readonly what: string;
  readonly measured: number;
  readonly accept: number;
  readonly moonshot: number;
  /** Whether more is better. */
  readonly isFloor?: true;
}

export interface Answer {
  readonly tables: readonly Table[];
  readonly aims: readonly Aim[];
  /** Everything measured, for the JSON file. */
  readonly raw: unknown;
  /** A delivery that was missing, doubled or out of order. Not empty: the bench fails. */
  readonly wrongs: readonly string[];
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  readonly answer: (options: BenchOptions) => Promise<Answer>;
}

export const isMet = ({ measured, isFloor }: Aim, bound: number): boolean =>
  isFloor === true ? measured >= bound : measured <= bound;
