/**
 * Where a relay of a data folder is spoken to by its operator: a Unix socket in that folder, a named pipe on Windows. A socket's path
 * may not be longer than some hundred bytes; for a folder deeper than that, the socket lies in a folder of its own, for this account
 * alone, under the system's temporary one.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** macOS allows 104 bytes, Linux 108, the closing NUL included. */
const MAX_PATH_BYTES = 100;

export function controlPath(data: string, platform: NodeJS.Platform = process.platform): string {
  const folder = resolve(data);
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  if (platform === 'win32') return `\\\\.\\pipe\\landline-${mark}`;
  const near = join(folder, 'control.sock');
  if (Buffer.byteLength(near) <= MAX_PATH_BYTES) return near;
  return join(tmpdir(), `landline-${process.geteuid?.() ?? 0}-${mark}`, 'control.sock');
}

/**
 * Makes sure that nobody else can have put a socket there.
 * @throws Error when the folder of the socket belongs to another account
 */
export function prepareControlFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  const me = process.geteuid?.();
  if (!stat.isDirectory() || (me !== undefined && stat.uid !== me && stat.uid !== 0))
    throw new Error(`${folder} belongs to another account.`);
}
