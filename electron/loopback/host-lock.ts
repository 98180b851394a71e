/**
 * One host for one data folder: two would open the same database. Whoever comes second finds in the lock where the first listens
 * and with which key it may be asked for a fresh address. A lock is taken over when nobody is there any more; a holder that is there
 * and only slow to answer is waited for, since two hosts on one folder are worse than none.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';

const stored = z.object({
  pid: z.number().int(),
  host: z.string().regex(/^127\.0\.0\.1:\d{1,5}$/),
  key: z.string().min(16).max(128),
});
export type LockEntry = Readonly<z.infer<typeof stored>>;

export type Locking =
  { readonly kind: 'held'; release(): void } | { readonly kind: 'taken'; readonly by: LockEntry };

export interface HostLockParts {
  readonly path: string;
  readonly entry: LockEntry;
  /** Whether a host answers there to that key; `silent` when somebody took the call and did not answer in time. */
  readonly answers: (entry: LockEntry) => Promise<'yes' | 'no' | 'silent'>;
}

const ATTEMPTS = 5;
/** So often a silent holder is asked; with the time of each question about half a minute. */
const PATIENCE = 15;

export class HostIsSilent extends Error {
  override readonly name = 'HostIsSilent';
  readonly fault = 'in-use';
}

/** @throws HostIsSilent  another host holds the folder and does not answer */
export async function lockHost({ path, entry, answers }: HostLockParts): Promise<Locking> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (place(path, entry)) return { kind: 'held', release: () => release(path, entry) };
    const other = readEntry(path);
    const said = other === undefined ? 'no' : await patiently(() => answers(other));
    if (other !== undefined && said === 'yes') return { kind: 'taken', by: other };
    if (said === 'silent')
      throw new HostIsSilent('Landline is already running on this data and does not answer.');
    setAside(path, other);
  }
  throw new Error(
    'The lock of the data folder could not be taken; is something else writing there?',
  );
}

async function patiently(
  ask: () => Promise<'yes' | 'no' | 'silent'>,
): Promise<'yes' | 'no' | 'silent'> {
  let said = await ask();
  for (let asked = 1; said === 'silent' && asked < PATIENCE; asked += 1) said = await ask();
  return said;
}

/** Whole at once: a link to a finished file either comes to be or does not. */
function place(path: string, entry: LockEntry): boolean {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(entry), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Between the look and the move another start may have put its own lock there: that one goes back. */
function setAside(path: string, stale: LockEntry | undefined): void {
  const aside = `${path}.stale.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readEntry(aside)?.key !== stale?.key) {
    try {
      linkSync(aside, path);
    } catch {
      // A third start was quicker; the loop meets it.
    }
  }
  rmSync(aside, { force: true });
}

function readEntry(path: string): LockEntry | undefined {
  try {
    const parsed = stored.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function release(path: string, entry: LockEntry): void {
  if (readEntry(path)?.key === entry.key) rmSync(path, { force: true });
}
