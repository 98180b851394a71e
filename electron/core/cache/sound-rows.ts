/**
 * Holds each row that is read from the cache against what its columns must be. SQLite keeps
 * whatever stands on a page: a flipped bit makes another word of a word, or a text of a number.
 * What cannot be is damage, and the cache is made anew.
 */
import { SqliteFailure, type Sqlite } from './sqlite.ts';

/**
 * `flag`: 0 or 1. `list` and `object`: JSON of texts, and of an object with a `kind`. An array:
 * one of these words. `?`: may be null.
 */
export type ColumnForm =
  'text' | 'text?' | 'integer' | 'integer?' | 'flag' | 'list?' | 'object' | readonly string[];

export type RowForm<Row> = { readonly [Name in keyof Row]-?: ColumnForm };

/** @returns a check that gives the row back, or throws `damaged` */
export function soundRows<Row extends object>(
  db: Pick<Sqlite, 'path'>,
  form: RowForm<Row>,
): (row: Row) => Row {
  const columns = Object.entries(form) as readonly (readonly [string, ColumnForm])[];
  return (row) => {
    const values = row as Readonly<Record<string, unknown>>;
    for (const [name, column] of columns)
      if (!fits(values[name], column)) throw new SqliteFailure('damaged', db.path, undefined);
    return row;
  };
}

function fits(value: unknown, form: ColumnForm): boolean {
  switch (form) {
    case 'text':
      return typeof value === 'string';
    case 'integer':
      return Number.isSafeInteger(value);
    case 'flag':
      return value === 0 || value === 1;
    case 'text?':
      return value === null || typeof value === 'string';
    case 'integer?':
      return value === null || Number.isSafeInteger(value);
    case 'list?':
      return value === null || isList(parsed(value));
    case 'object':
      return typeof (parsed(value) as { readonly kind?: unknown } | null)?.kind === 'string';
    default:
      return typeof value === 'string' && form.includes(value);
  }
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return null;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}
