// no-restricted-properties in server/domain
export const jitter = (random: () => number): number => random();
