// @typescript-eslint/no-misused-promises
export const each = async (ids: readonly string[], send: (id: string) => Promise<void>): Promise<void> => { for (const id of ids) await send(id); };
