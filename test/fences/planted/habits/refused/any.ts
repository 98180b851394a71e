// @typescript-eslint/no-explicit-any
export const a = (value: any): number => Number(value);
