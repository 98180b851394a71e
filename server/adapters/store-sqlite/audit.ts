/**
 * What is wrong with a store's file, in words; empty when all is well. It reads the whole file in one call, so some GB
 * hold up the event loop for minutes: never in the process of a relay that serves.
 */
import { connect, type Connection } from './database.ts';

const HEADS = `
  SELECT feed.id AS id, feed.head AS head, count(event.seq) AS events, coalesce(max(event.seq), 0) AS last
  FROM feed LEFT JOIN event ON event.feed = feed.no GROUP BY feed.no HAVING head <> events OR head <> last`;

/** Checks the file through a connection of its own, read-only, beside the relay that may have it open. */
export function auditFile(path: string): readonly string[] {
  const db = connect(path, { isReadOnly: true });
  try {
    return auditStore(db);
  } finally {
    db.close();
  }
}

export function auditStore(db: Connection): readonly string[] {
  const found: string[] = [];
  for (const row of db.pragma('integrity_check') as { readonly integrity_check: string }[]) {
    if (row.integrity_check !== 'ok') found.push(`integrity: ${row.integrity_check}`);
  }
  for (const row of db.pragma('foreign_key_check') as { readonly table: string }[])
    found.push(`a row of ${row.table} refers to nothing`);
  for (const row of db.prepare(HEADS).all() as {
    readonly id: string;
    readonly head: number;
    readonly events: number;
    readonly last: number;
  }[]) {
    found.push(`feed ${row.id}: head ${row.head}, but ${row.events} events up to ${row.last}`);
  }
  return found;
}
