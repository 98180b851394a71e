/** How keys are written on this system: ⌘K on a Mac, Ctrl K elsewhere. */
export interface KeyNames {
  command(key: string): string;
  alt(key: string): string;
}

export const keyNames = (os: string): KeyNames =>
  os === 'darwin'
    ? { command: (key) => `⌘${key}`, alt: (key) => `⌥${key}` }
    : { command: (key) => `Ctrl ${key}`, alt: (key) => `Alt ${key}` };

/** Whether the key that means "command" on this system is down. */
export const isCommandKey = (
  event: Pick<KeyboardEvent, 'ctrlKey' | 'metaKey'>,
  os: string,
): boolean => (os === 'darwin' ? event.metaKey : event.ctrlKey);
