/** One text of the window in both of its languages. */
export type Both = readonly [en: string, zhHant: string];
