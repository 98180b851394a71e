/**
 * Notices that this computer's network changed (a cable, a Wi-Fi, a VPN) by looking at its addresses every few seconds; neither
 * Node nor Electron's main process tells by itself. A look costs some tens of microseconds and sends nothing.
 */
import type { networkInterfaces } from 'node:os';
import type { Clock } from '../core/ports.ts';

export interface NetworkWatchParts {
  readonly interfaces: typeof networkInterfaces;
  readonly clock: Pick<Clock, 'after'>;
  readonly onChange: (isOnline: boolean) => void;
}

const LOOK_EVERY_MS = 4_000;

function addresses(interfaces: typeof networkInterfaces): readonly string[] {
  const all = Object.entries(interfaces()).flatMap(([name, list]) =>
    (list ?? []).map((one) => ({ name, ...one })),
  );
  return all
    .filter(({ internal }) => !internal)
    .map(({ name, address }) => `${name} ${address}`)
    .sort();
}

/** The returned function ends the watch. */
export function watchNetwork({ interfaces, clock, onChange }: NetworkWatchParts): () => void {
  let seen = addresses(interfaces).join('\n');
  const look = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, look);
    const now = addresses(interfaces);
    const text = now.join('\n');
    if (text === seen) return;
    seen = text;
    onChange(now.length > 0);
  };
  let cancel = clock.after(LOOK_EVERY_MS, look);
  return () => cancel();
}
