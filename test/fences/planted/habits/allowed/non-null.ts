// @typescript-eslint/no-non-null-assertion in electron/core
export const first = (all: readonly string[]): string => all[0] ?? '';
