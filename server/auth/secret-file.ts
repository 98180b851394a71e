/**
 * Files that hold a key: made once with the mode 0600, flushed to the disk, and never read when another account of the machine may
 * read them too. A key that others can read is no key; the relay then says so and does not start. On Windows the mode says nothing
 * and the check is left to the folder's own rights.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** A secret file is missing its secrecy or its sense. The message is for the operator and names what to do. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

/** The file's text, or nothing when there is no such file. @throws SecretFileError when others may read it */
export function readSecretFile(path: string): string | undefined {
  let file: number;
  try {
    // Not through a link: what the link points at may be somebody else's to change.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP')
      throw new SecretFileError(`${path} is a symbolic link. Put the key file itself there.`);
    throw new SecretFileError(`${path} cannot be read (${code ?? 'unknown'}).`, { cause: error });
  }
  try {
    const problem = secrecyProblem(fstatSync(file), path);
    if (problem !== undefined) throw new SecretFileError(`${problem.says}. ${problem.remedy}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a new secret file: complete and on the disk, or not there at all.
 * @throws SecretFileError when it cannot be written
 */
export function writeSecretFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${process.pid}.part`;
  try {
    const file = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    syncFolder(dirname(path));
  } catch (error) {
    try {
      unlinkSync(part);
    } catch {
      // It was never made, or it has its final name already.
    }
    throw new SecretFileError(
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
      { cause: error },
    );
  }
}

/** Why the file is no secret and what to do about it, in words for the operator. */
export function secrecyProblem(
  stat: { readonly mode: number; readonly uid: number; isFile(): boolean },
  path: string,
): { readonly says: string; readonly remedy: string } | undefined {
  if (!stat.isFile())
    return { says: `${path} is not a file`, remedy: 'Put the key file itself there.' };
  if (process.platform === 'win32') return undefined;
  if ((stat.mode & 0o077) !== 0) {
    return {
      says: `${path} can be read by other accounts (mode ${(stat.mode & 0o777).toString(8)})`,
      remedy: `Run: chmod 600 '${path}'`,
    };
  }
  const me = process.geteuid?.();
  if (me !== undefined && stat.uid !== me && stat.uid !== 0) {
    return {
      says: `${path} belongs to another account (uid ${stat.uid})`,
      remedy: 'Run this as the account that runs the relay.',
    };
  }
  return undefined;
}

/** Flushes the names in a folder, so that a rename survives a power cut. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
