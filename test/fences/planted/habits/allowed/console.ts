// no-console in electron/core
export const a = (log: (event: string) => void): void => log('sent');
