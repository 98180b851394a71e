// no-restricted-globals in server/domain
export const later = (act: () => void): void => void setTimeout(act, 1);
