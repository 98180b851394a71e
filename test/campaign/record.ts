/**
 * What a campaign has passed so far, in a file, so that one which was stopped goes on where it was.
 * Only passes are kept: a unit that failed runs again.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const Passed = z.object({
  /** The commit that the unit passed at, with `+` behind it where files were changed. */
  commit: z.string(),
  at: z.string(),
  seconds: z.number(),
});
const Saved = z.record(z.string(), Passed);
export type Pass = z.infer<typeof Passed>;

export interface CampaignRecord {
  find(unit: string): Pass | undefined;
  /** On the disk when it returns. */
  add(unit: string, pass: Pass): void;
}

/** @param isFresh  forgets what an earlier campaign has passed */
export function openRecord(path: string, isFresh = false): CampaignRecord {
  if (isFresh) rmSync(path, { force: true });
  const passes = new Map(Object.entries(readSaved(path)));
  return {
    find: (unit) => passes.get(unit),
    add(unit, pass) {
      passes.set(unit, pass);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(passes), null, 1));
      renameSync(`${path}.new`, path);
    },
  };
}

function readSaved(path: string): z.infer<typeof Saved> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return Saved.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is damaged; start over with --fresh`, { cause: error });
  }
}
