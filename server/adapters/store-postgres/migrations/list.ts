/**
 * Every migration in order; the index plus one is the version it leads to. Forward only: a published migration is never changed,
 * a mistake is corrected by the next one.
 */
import { sql as first } from './0001-first.ts';

export const MIGRATIONS: readonly string[] = [first];
