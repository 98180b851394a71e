// @typescript-eslint/no-explicit-any
export const a = (value: unknown): number => Number(value);
