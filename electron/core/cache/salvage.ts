/**
 * Carries over what can still be read of a damaged ledger: by SQL, table by table from both
 * ends, as far as SQLite can read it; then page by page, without the header and the trees. A
 * page that is whole gives all its rows, whatever became of the others.
 */
import Driver from 'better-sqlite3';
import { readPages } from './database-pages.ts';
import { isSound, LEDGER_TABLES, type LedgerRow, type LedgerTable } from './ledger-form.ts';
import { rowsOnPages, type PageRow } from './page-rows.ts';
import type { Sqlite, Value } from './sqlite.ts';

export interface SalvageParts {
  /** The damaged file, set aside; only read. */
  readonly from: string;
  /** A fresh ledger of the newest form. */
  readonly into: Sqlite;
}

interface TableForm {
  readonly table: LedgerTable;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly isIndex: boolean;
  /** The column that is the row id, and is not stored with the rest. */
  readonly rowid: string | undefined;
}

/** @returns how many rows were carried over, by table */
export function salvage({ from, into }: SalvageParts): Readonly<Record<LedgerTable, number>> {
  const forms = LEDGER_TABLES.map((table) => formOf(into, table));
  const found = new Map(forms.map(({ table }) => [table, new Map<string, LedgerRow>()]));
  const keep = (form: TableForm, row: LedgerRow): void =>
    void found.get(form.table)?.set(form.key.map((column) => String(row[column])).join(' '), row);

  // Read before SQLite opens it: a log that is opened is written into the file and emptied.
  const pages = readPages(from);
  readBySql(from, forms, keep);
  for (const row of rowsOnPages(pages))
    for (const form of forms) {
      const named = asRowOf(form, row);
      if (named && isSound(form.table, named)) keep(form, named);
    }

  const sent = new Set([...(found.get('sent')?.values() ?? [])].map(idOf));
  const counts = {} as Record<LedgerTable, number>;
  into.transaction('salvage', () => {
    for (const form of forms) {
      // An old page may hold a change that has gone out since.
      const rows = [...(found.get(form.table)?.values() ?? [])].filter(
        (row) => form.table !== 'outbox' || !sent.has(idOf(row)),
      );
      counts[form.table] = rows.filter((row) => put(into, form, row)).length;
    }
  });
  return counts;
}

const idOf = (row: LedgerRow): string => `${String(row['team'])} ${String(row['op'])}`;

function formOf(db: Sqlite, table: LedgerTable): TableForm {
  const columns = db
    .prepare<
      readonly [string],
      { readonly name: string; readonly type: string; readonly pk: number }
    >('salvage.columns', 'SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid')
    .all(table);
  const isIndex =
    db
      .prepare<readonly [string], { readonly wr: number }>(
        'salvage.kind',
        'SELECT wr FROM pragma_table_list(?)',
      )
      .get(table)?.wr === 1;
  const key = columns
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map(({ name }) => name);
  const rest = columns.filter(({ pk }) => pk === 0).map(({ name }) => name);
  return {
    table,
    // Without row ids the key is stored first.
    columns: isIndex ? [...key, ...rest] : columns.map(({ name }) => name),
    key,
    isIndex,
    rowid: isIndex
      ? undefined
      : columns.find(({ pk, type }) => pk === 1 && type === 'INTEGER')?.name,
  };
}

function asRowOf(form: TableForm, { tree, rowid, values }: PageRow): LedgerRow | undefined {
  if ((tree === 'index') !== form.isIndex || values.length !== form.columns.length)
    return undefined;
  return Object.fromEntries(
    form.columns.map((column, at): [string, Value] => [
      column,
      column === form.rowid ? rowid : (values[at] ?? null),
    ]),
  );
}

function readBySql(
  from: string,
  forms: readonly TableForm[],
  keep: (form: TableForm, row: LedgerRow) => void,
): void {
  let damaged: Driver.Database;
  try {
    damaged = new Driver(from, { fileMustExist: true });
  } catch {
    return;
  }
  try {
    for (const form of forms) readTable(damaged, form, keep);
  } finally {
    damaged.close();
  }
}

/** Reads forward until the damage, then backward from the end to it. */
function readTable(
  db: Driver.Database,
  form: TableForm,
  keep: (form: TableForm, row: LedgerRow) => void,
): void {
  for (const direction of ['ASC', 'DESC']) {
    try {
      const order = form.key.map((column) => `${column} ${direction}`).join(', ');
      const rows = db.prepare<[], LedgerRow>(`SELECT * FROM ${form.table} ORDER BY ${order}`);
      for (const row of rows.iterate()) keep(form, row);
      return;
    } catch {
      // The damage begins here; the other direction brings what lies behind it.
    }
  }
}

function put(into: Sqlite, form: TableForm, row: LedgerRow): boolean {
  const present = form.columns.filter((name) => Object.hasOwn(row, name));
  const insert = into.prepare<readonly Value[]>(
    'salvage.put',
    `INSERT OR IGNORE INTO ${form.table} (${present.join(', ')})
     VALUES (${present.map(() => '?').join(', ')})`,
  );
  try {
    return insert.run(...present.map((name) => row[name] ?? null)).changes > 0;
  } catch {
    // A row that does not fit the newest form cannot be used.
    return false;
  }
}
