/**
 * The programs that some suites need beside Node. Where one is missing its suites are skipped, and one loud line says so; with
 * `REQUIRE_SERVICES=1` they fail instead, so that nobody takes a skipped proof for a passed one.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const SETPRIV = '/usr/bin/setpriv';
/**
 * Stands before a server's command: a worker of the tests that is killed itself (out of time, out of memory) leaves no server behind, where
 * Linux can see to that.
 */
export const DIES_WITH_US: readonly string[] = existsSync(SETPRIV)
  ? [SETPRIV, '--pdeathsig', 'KILL']
  : [];

/**
 * @param what  cannot be shown without it: the line goes on with "because … is missing"
 * @param folders  where to look before the PATH
 * @returns the program's path; undefined where it is missing and need not be there
 * @throws Error  it is missing and `REQUIRE_SERVICES` is 1
 */
export function findProgram(
  name: string,
  what: string,
  folders: readonly string[] = [],
): string | undefined {
  const found = [...folders, ...(process.env['PATH'] ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found !== undefined) return found;
  const line = `${what}, because ${name} is missing`;
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`REQUIRED: ${line}`);
  console.warn(`SKIPPED: ${line}`);
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
