/**
 * A file in the data folder that names the team whose relay runs there. It lies outside the store,
 * so it is still there when the store is missing. With it the relay knows a lost store from a new
 * folder, and never founds an empty team in place of a lost one.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { TeamId } from '../protocol/ids.ts';
import { writeSecretFile } from './auth/secret-file.ts';
import { StoreOpenFault } from './ports/store-open-fault.ts';

/** The team of this folder; undefined where no team was founded yet. */
export function readTeamMark(path: string): TeamId | undefined {
  if (!existsSync(path)) return undefined;
  return readFileSync(path, 'utf8').trim() as TeamId;
}

/** Writes the team's id, complete and flushed. Does nothing when the file already names this team. */
export function writeTeamMark(path: string, team: TeamId): void {
  if (readTeamMark(path) !== team) writeSecretFile(path, `${team}\n`);
}

/**
 * Compares the team that the store holds with the one that the folder names.
 * @param found  the team in the store; undefined when there is no store, or no team in it
 * @param place  the store, as the beginning of a sentence
 * @param hint  what lies in the folder that may help; may be empty
 * @throws StoreOpenFault  `team-missing`, or `other-team`
 */
export function checkTeamMark(
  path: string,
  found: TeamId | undefined,
  place: string,
  hint = '',
): void {
  const expected = readTeamMark(path);
  if (expected === undefined || expected === found) return;
  if (found !== undefined)
    throw new StoreOpenFault(
      'other-team',
      `${place} holds another team than this folder (${path} names ${expected}). ` +
        'Name the right store, or use another data folder.',
    );
  throw new StoreOpenFault(
    'team-missing',
    `${place} holds no team, but this folder has held one. Nothing was changed. ` +
      `${hint}Run restore with a backup, or use another data folder for a new team.`,
  );
}
