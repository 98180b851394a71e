/**
 * Damages one of a desktop's files between a kill and its next start, and says what the ledger
 * lost for real: the rows on the page that was overwritten, or in the table that was dropped.
 * Everything else has to be there afterwards.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Chance } from '../kit/chance.ts';
import {
  noise,
  objectsOf,
  overwritePage,
  pageCount,
  pagesOf,
  readPage,
  runSql,
  zeros,
} from '../kit/damage.ts';

export interface Damage {
  readonly words: string;
  /** Changes that stood where it was damaged. */
  readonly ops: readonly string[];
  /** Channels whose drafts stood there. */
  readonly channels: readonly string[];
}

export function damageFiles(folder: string, chance: Chance): Damage {
  const name = chance.pick(['ledger.db', 'cache.db'] as const);
  const path = join(folder, name);
  // What is in the log is brought into the file, so that a page has all there is of its rows.
  runSql(path, 'PRAGMA wal_checkpoint(TRUNCATE)');
  const rows = name === 'ledger.db' ? ledgerRows(path) : { ops: [], channels: [] };
  const damage = chance.happens(0.85)
    ? overwriteOne(path, chance, rows)
    : dropOne(path, chance, rows);
  // A program that was killed leaves a log.
  if (!existsSync(`${path}-wal`)) writeFileSync(`${path}-wal`, '');
  return { ...damage, words: `${name}: ${damage.words}` };
}

type Rows = Pick<Damage, 'ops' | 'channels'>;

function overwriteOne(path: string, chance: Chance, rows: Rows): Damage {
  const number = chance.int(1, pageCount(path));
  const page = pagesOf(path).find((one) => one.number === number);
  const bytes = readPage(path, number).toString('latin1');
  overwritePage(path, number, chance.happens(0.5) ? zeros() : noise(chance));
  const isOn = (mark: string): boolean => page?.type === 'overflow' || bytes.includes(mark);
  return {
    words: `page ${number}, of ${page?.tree ?? 'nothing'}`,
    ops: page?.tree === 'outbox' ? rows.ops.filter(isOn) : [],
    channels: page?.tree === 'draft' ? rows.channels.filter(isOn) : [],
  };
}

function dropOne(path: string, chance: Chance, rows: Rows): Damage {
  const { type, name } = chance.pick(objectsOf(path));
  runSql(path, `DROP ${type} ${name}`);
  return {
    words: `without ${name}`,
    ops: name === 'outbox' ? rows.ops : [],
    channels: name === 'draft' ? rows.channels : [],
  };
}

function ledgerRows(path: string): Rows {
  const db = new Database(path);
  const column = (sql: string): string[] => db.prepare<[], string>(sql).pluck().all();
  try {
    return {
      ops: column('SELECT op FROM outbox'),
      channels: column('SELECT channel FROM draft'),
    };
  } finally {
    db.close();
  }
}
