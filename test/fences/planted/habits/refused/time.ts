// no-restricted-properties in electron/core
export const now = (): number => Date.now();
