// no-restricted-globals in server/domain
export const later = (clock: { after(ms: number, act: () => void): void }, act: () => void): void => clock.after(1, act);
