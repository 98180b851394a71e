// @typescript-eslint/no-unsafe-return
export const a = (text: string): string => JSON.parse(text);
