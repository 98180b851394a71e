/**
 * One store as it looks from one of several relays: everybody reads the same truth, and each hears of its own commits alone. It stands
 * for a database server where a test has one SQLite file, which no second process may open.
 */
import type { Store, StoredEvent, WriteTx } from '../../server/ports/store.ts';

export function nodeStore(store: Store): Store {
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  return over(store, {
    async write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
      let events: StoredEvent[] = [];
      const value = await store.write((tx) => {
        // A work may be run again.
        events = [];
        return work(
          over(tx, {
            async append(feed, draft) {
              const appended = await tx.append(feed, draft);
              if (appended.isNew) events.push(appended.event);
              return appended;
            },
          }),
        );
      });
      if (events.length > 0) for (const listener of listeners) listener(events);
      return value;
    },
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
}

/** The same object with some methods of its own. */
function over<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      const found =
        (own as Readonly<Record<PropertyKey, unknown>>)[key] ?? Reflect.get(target, key, target);
      return typeof found === 'function' && !(key in own) ? (found.bind(target) as unknown) : found;
    },
  });
}
