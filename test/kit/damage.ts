/**
 * Damages the database files of a program that is not running: a page overwritten, a bit
 * flipped, a table or column dropped, a trigger added. To extend: one function per kind of
 * damage, which says what it did.
 */
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Chance } from './chance.ts';

export const PAGE_BYTES = 4_096;

export const pageCount = (path: string): number => Math.floor(statSync(path).size / PAGE_BYTES);

/** @param number  from 1 */
export const readPage = (path: string, number: number): Buffer =>
  readFileSync(path).subarray((number - 1) * PAGE_BYTES, number * PAGE_BYTES);

export function overwritePage(path: string, number: number, content: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, content, 0, content.length, (number - 1) * PAGE_BYTES);
  closeSync(file);
}

export function noise(chance: Chance, length = PAGE_BYTES): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.int(0, 255)));
}

export const zeros = (): Buffer => Buffer.alloc(PAGE_BYTES);

export function flipBit(path: string, bit: number): void {
  const content = readFileSync(path);
  const at = Math.floor(bit / 8);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([(content[at] ?? 0) ^ (1 << (bit % 8))]), 0, 1, at);
  closeSync(file);
}

/**
 * Flips one bit of a text, in the value and not in the file. The result may not be UTF-8 any
 * more.
 */
export function withBitFlipped(text: string, bit: number): Buffer {
  const bytes = Buffer.from(text);
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
  return bytes;
}

/**
 * The tree that each page belongs to, and whether it is a leaf or an overflow page. Only of a
 * file that is whole.
 */
export function pagesOf(path: string): readonly {
  readonly number: number;
  readonly tree: string;
  readonly type: string;
}[] {
  return withDatabase(path, (db) =>
    db
      .prepare<[], { number: number; tree: string; type: string }>(
        'SELECT pageno AS number, name AS tree, pagetype AS type FROM dbstat ORDER BY pageno',
      )
      .all(),
  );
}

/** Every table and index that was made by name. */
export const objectsOf = (
  path: string,
): readonly { readonly type: string; readonly name: string }[] =>
  withDatabase(path, (db) =>
    db
      .prepare<[], { type: string; name: string }>(
        "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'",
      )
      .all(),
  );

export const runSql = (path: string, sql: string, ...values: readonly unknown[]): void =>
  withDatabase(path, (db) => {
    db.unsafeMode(true);
    // As the programs themselves do: what is dropped is gone from the pages too.
    db.pragma('secure_delete = ON');
    if (values.length > 0) db.prepare(sql).run(...values);
    else db.exec(sql);
  });

function withDatabase<T>(path: string, run: (db: Database.Database) => T): T {
  const db = new Database(path);
  try {
    return run(db);
  } finally {
    db.close();
  }
}
