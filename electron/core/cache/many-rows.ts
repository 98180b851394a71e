/**
 * Puts many rows in with few statements: nearly half of what a row costs is the way into the driver and out again. Rows that do not fill a
 * statement go in one by one, so that no more than two statements are ever prepared. Atomic only inside the caller's transaction.
 */
import type { Sqlite, Value } from './sqlite.ts';

const AT_ONCE = 50;

/** @param insert  the statement up to and without `VALUES`
 *  @param columns  how many values a row has */
export function prepareRows(
  db: Sqlite,
  name: string,
  insert: string,
  columns: number,
): (rows: readonly (readonly Value[])[]) => void {
  const row = `(${Array(columns).fill('?').join(', ')})`;
  const one = db.prepare<readonly Value[]>(name, `${insert} VALUES ${row}`);
  const many = db.prepare<readonly Value[]>(
    `${name}-many`,
    `${insert} VALUES ${Array(AT_ONCE).fill(row).join(', ')}`,
  );
  return (rows) => {
    const whole = rows.length - (rows.length % AT_ONCE);
    for (let from = 0; from < whole; from += AT_ONCE)
      many.run(...rows.slice(from, from + AT_ONCE).flat());
    for (const rest of rows.slice(whole)) one.run(...rest);
  };
}
