/**
 * Puts a backup in the store's place. The backup is copied with its log, opened and checked before
 * anything is touched; the store that was there is moved aside, never deleted. The restored store
 * has a new epoch, so every desktop fetches it anew and resends what it had sent since. A restore
 * that is killed leaves a folder that no relay starts in until the restore has been run again.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { BackupSummary, Rights } from '../ports/restore.ts';
import { syncFolder } from '../auth/secret-file.ts';
import { joinRestored, readRestored, writeRestored, type Restored } from '../restored.ts';
import { readTeamMark, writeTeamMark } from '../team-mark.ts';
import { findRestored } from './restored-rights.ts';

export interface RestoreParts {
  readonly from: string;
  /** Files of the data folder; the folder is made if there is none. */
  readonly files: { readonly store: string; readonly team: string; readonly restored: string };
  /** Epoch ms. */
  readonly now: number;
  /** Makes the copy at `path` ready to be a store. @throws StoreOpenFault  it is no backup */
  readonly prepare: (path: string, from: string) => BackupSummary;
  /** @throws Error  the store at `path` cannot be read */
  readonly rights: (path: string) => Rights;
  /** Keeps relays out. @throws StoreOpenFault  one runs */
  readonly lock: (path: string) => () => void;
  /** Called with what the backup holds, before the store that is there is touched. */
  readonly onPrepared?: (summary: BackupSummary) => void;
  /** For tests: called before each change to the files of the store. */
  readonly onStep?: (step: string) => void;
}

export interface RestoreDone {
  readonly backup: BackupSummary;
  /** Where the store that was there before lies now; null when there was none. */
  readonly before: string | null;
  readonly restored: Restored;
}

/** SQLite's files: the database, its log, and the index of the log, which is made anew. */
const LOG = '-wal';
const SUFFIXES = ['', LOG, '-shm', '-journal'];

export function putBackupInPlace(parts: RestoreParts): Result<RestoreDone, string> {
  const { from, files, lock } = parts;
  if (!existsSync(from) || !statSync(from).isFile()) return fail(`There is no backup at ${from}.`);
  const releases: (() => void)[] = [];
  let isTouched = false;
  const onStep = (step: string): void => {
    parts.onStep?.(step);
    isTouched ||= step.startsWith('aside') || step === 'place';
  };
  try {
    mkdirSync(dirname(files.store), { recursive: true, mode: 0o700 });
    releases.push(lock(files.store));
    // A relay that runs on the backup itself would change it while it is copied.
    if (from !== files.store && existsSync(`${from}.lock`)) releases.push(lock(from));
    return replace({ ...parts, onStep });
  } catch (error) {
    const what = isTouched ? 'The restore is not finished; run it again' : 'Nothing was changed';
    return fail(`${what}: ${wordsOf(error)}`);
  } finally {
    removeAll(`${files.store}.restoring`);
    for (const release of releases) release();
  }
}

/** Everything up to the first rename may fail and leaves the store as it was. */
function replace(
  parts: RestoreParts & Required<Pick<RestoreParts, 'onStep'>>,
): Result<RestoreDone, string> {
  const { from, files, now, onStep } = parts;
  const copy = `${files.store}.restoring`;
  removeAll(copy);
  for (const suffix of ['', LOG, '-journal'])
    if (existsSync(from + suffix)) copyFileSync(from + suffix, copy + suffix);
  const backup = parts.prepare(copy, from);
  const expected = readTeamMark(files.team);
  if (expected !== undefined && expected !== backup.team.id)
    return fail(
      `Nothing was changed: ${from} holds the team "${backup.team.name}", and ${dirname(files.store)} ` +
        'has held another one. Restore it into another folder with --data.',
    );
  const restored = findRestored(parts.rights(copy), newerRights(parts), now);
  parts.onPrepared?.(backup);
  onStep('list');
  writeRestored(files.restored, joinRestored(readRestored(files.restored), restored));
  onStep('mark');
  writeTeamMark(files.team, backup.team.id);
  const before = moveAside(files.store, now, onStep);
  onStep('place');
  renameSync(copy, files.store);
  syncFolder(dirname(files.store));
  return ok({ backup, before, restored });
}

function newerRights({ files, rights }: RestoreParts): Rights | undefined {
  if (!existsSync(files.store)) return undefined;
  try {
    const found = rights(files.store);
    return found.team === undefined ? undefined : found;
  } catch {
    // Damaged: that may be why it is being replaced.
    return undefined;
  }
}

/**
 * The database goes first: without it no relay starts. A log alone would otherwise be taken for the
 * log of the next database, and a database without its log would seem to be whole.
 */
function moveAside(store: string, now: number, onStep: (step: string) => void): string | null {
  const name = `${store}.before-restore-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  const to = existsSync(store) ? name : (interruptedAside(store) ?? name);
  const present = SUFFIXES.filter((suffix) => existsSync(store + suffix));
  for (const suffix of present) {
    onStep(`aside${suffix}`);
    renameSync(store + suffix, to + suffix);
  }
  return existsSync(to) ? to : null;
}

/** The database that a killed restore moved aside last: what lies in the store's place is its rest. */
function interruptedAside(store: string): string | undefined {
  const start = `${basename(store)}.before-restore-`;
  const names = readdirSync(dirname(store)).filter(
    (name) => name.startsWith(start) && !SUFFIXES.some((end) => end !== '' && name.endsWith(end)),
  );
  const newest = names.sort().at(-1);
  return newest === undefined ? undefined : join(dirname(store), newest);
}

function removeAll(copy: string): void {
  const folder = dirname(copy);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return;
  for (const name of readdirSync(folder))
    if (name.startsWith(basename(copy))) rmSync(join(folder, name), { force: true });
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'a file stands where the data folder should be',
  ENOTDIR: 'a file stands where the data folder should be',
  EACCES: 'this account may not read the backup or write the data folder',
  EPERM: 'this account may not read the backup or write the data folder',
  EROFS: 'the data folder is read-only',
  ENOSPC: 'the disk of the data folder is full',
};

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : REASONS[code];
  return reason === undefined ? message : `${reason} (${code}).`;
}
