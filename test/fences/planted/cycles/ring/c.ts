export const c = async (): Promise<number> => (await import('./a.ts')).a();
