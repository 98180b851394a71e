/** Reading what is planted: one case a line, `code; // its words`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PLANTED = join(import.meta.dirname, 'planted');

export interface PlantedLine {
  readonly line: string;
  readonly words: string;
}

/** @param folder  under `planted/`; none there means no lines */
export function plantedLines(folder: string, kind: 'refused' | 'allowed'): readonly PlantedLine[] {
  const path = join(PLANTED, folder, `${kind}.ts`);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes(' // '))
    .map((line) => ({ line, words: line.slice(line.indexOf(' // ') + 4) }));
}
