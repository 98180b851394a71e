/** Two texts in one field, in order: what is given back stands before what was typed since. */
export const joinTexts = (first: string, second: string): string =>
  first === '' || second === '' ? first + second : `${first}\n${second}`;
