// no-restricted-properties in electron/core
export const now = (clock: { now(): number }): number => clock.now();
