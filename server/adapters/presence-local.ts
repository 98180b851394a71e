/** Presence within one process: a map, and everybody hears of its changes at once. */
import type { Presence } from '../../protocol/entities.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { PresenceBoard } from '../ports/presence.ts';

export function createLocalPresence(): PresenceBoard {
  const shown = new Map<MemberId, Presence>();
  const listeners = new Set<(changes: ReadonlyMap<MemberId, Presence>) => void>();
  return {
    async put(member, presence) {
      if ((shown.get(member) ?? 'gone') === presence) return;
      if (presence === 'gone') shown.delete(member);
      else shown.set(member, presence);
      const changes = new Map([[member, presence]]);
      for (const listener of listeners) listener(changes);
    },
    async snapshot() {
      return new Map(shown);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      shown.clear();
    },
  };
}
