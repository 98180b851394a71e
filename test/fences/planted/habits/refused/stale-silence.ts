// null in server
// eslint-disable-next-line no-console -- there is nothing to silence here
export const a = 1;
