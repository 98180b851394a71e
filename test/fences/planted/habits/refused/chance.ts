// no-restricted-properties in server/domain
export const jitter = (): number => Math.random();
