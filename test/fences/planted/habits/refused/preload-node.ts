// no-restricted-globals in electron/preload
export const version = process.version;
