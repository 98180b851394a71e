export const ok_c: string | undefined = ['c'][0]; // an element that may not be there, said so
