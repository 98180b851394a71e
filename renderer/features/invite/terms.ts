/**
 * What an invite may be, as lists to choose from: round numbers up to what this person may give,
 * and that itself.
 */
const DAYS = [1, 7, 30, 90, 365] as const;
const USES = [1, 5, 10, 25, 100, 1_000] as const;

const upTo = (rounds: readonly number[], most: number): readonly number[] =>
  [...new Set([...rounds.filter((count) => count <= most), most])].filter((count) => count > 0);

export const daysUpTo = (most: number): readonly number[] => upTo(DAYS, most);
export const usesUpTo = (most: number): readonly number[] => upTo(USES, most);

/** To choose a limit from; one that was set elsewhere is among them. */
export const dayLimits = (now: number): readonly number[] => withNow(DAYS, now);
export const useLimits = (now: number): readonly number[] => withNow([0, ...USES], now);

const withNow = (rounds: readonly number[], now: number): readonly number[] =>
  [...new Set([...rounds, now])].toSorted((a, b) => a - b);
