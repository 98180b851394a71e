// no-restricted-globals in electron/preload
export const title = document.title;
