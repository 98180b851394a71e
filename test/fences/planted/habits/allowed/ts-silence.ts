// house/reasoned-silence in server
// @ts-expect-error -- the package's types forget this overload
export const a: number = 'a';
