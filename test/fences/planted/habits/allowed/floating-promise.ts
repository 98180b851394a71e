// @typescript-eslint/no-floating-promises
const save = async (): Promise<void> => {};
export const press = (): Promise<void> => save();
