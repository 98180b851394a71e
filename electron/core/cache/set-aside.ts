/**
 * Sets a damaged database aside under another name, so that a person can still look at it. Keeps
 * a bounded number of such copies. Nothing is deleted but the oldest copies.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../ports.ts';

const PARTS = ['', '-wal', '-shm'] as const;
const MARK = '.damaged-';

export interface SetAside {
  /** The new name of the file. */
  readonly path: string;
  /** Gives the file its name back: what was to take its place could not be made. */
  undo(): void;
}

/**
 * @throws an error of the system when the folder does not let files be renamed; nothing was
 * changed
 */
export function setAside(path: string, clock: Clock): SetAside {
  const aside = freeName(path, clock.now());
  const moved: string[] = [];
  const undo = (): void => {
    // What was begun in its place.
    if (moved.length > 0)
      for (const part of PARTS) rmSync(path + part, { recursive: true, force: true });
    for (const part of moved) renameSync(aside + part, path + part);
  };
  try {
    for (const part of PARTS) {
      if (!existsSync(path + part)) continue;
      renameSync(path + part, aside + part);
      moved.push(part);
    }
  } catch (error) {
    undo();
    throw error;
  }
  return { path: aside, undo };
}

/** The copies of this file that are there, the newest first. */
export function copiesOf(path: string): readonly string[] {
  const start = basename(path) + MARK;
  const names = readdirSync(dirname(path)).filter(
    (name) => name.startsWith(start) && /^[\d-]+$/.test(name.slice(start.length)),
  );
  const order = (name: string): readonly number[] =>
    name.slice(start.length).split('-').map(Number);
  return names
    .sort((a, b) => {
      const [timeA = 0, countA = 0] = order(a);
      const [timeB = 0, countB = 0] = order(b);
      return timeB - timeA || countB - countA;
    })
    .map((name) => join(dirname(path), name));
}

export function keepNewestCopies(path: string, count: number): void {
  for (const copy of copiesOf(path).slice(count))
    for (const part of PARTS) rmSync(copy + part, { recursive: true, force: true });
}

export const COPIES = {
  /** It holds what the relay can give again, and may be large. */
  cache: DEFAULT_LIMITS.damagedCacheCopies,
  ledger: DEFAULT_LIMITS.damagedLedgerCopies,
} as const;

function freeName(path: string, now: number): string {
  const first = `${path}${MARK}${now}`;
  const isTaken = (name: string): boolean => PARTS.some((part) => existsSync(name + part));
  let name = first;
  for (let n = 2; isTaken(name); n++) name = `${first}-${n}`;
  return name;
}
