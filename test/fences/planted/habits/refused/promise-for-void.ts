// @typescript-eslint/no-misused-promises
export const each = (ids: readonly string[], send: (id: string) => Promise<void>): void => { ids.forEach(async (id) => { await send(id); }); };
