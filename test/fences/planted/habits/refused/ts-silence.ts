// house/reasoned-silence in server
// @ts-expect-error
export const a: number = 'a';
