/**
 * Import cycles. A ring of files loads in an order nobody chose and cannot be understood one file at a time, so none is
 * allowed; that includes rings of types only, which are cheap today and become real ones with the next edit.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** The files of `paths` that a file imports by a relative path, in any way TypeScript knows. */
function importsOf(path: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => fileName.replace(/\?.*$/, ''))
    .filter((name) => name.startsWith('.') && /\.tsx?$/.test(name))
    .map((name) => resolve(dirname(path), name))
    .filter((target) => existsSync(target));
}

/** Every ring, once, as the files along it; the first is repeated at the end.
 *  @param paths  absolute paths of the sources */
export function findCycles(paths: readonly string[]): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];

  const visit = (path: string): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) {
      cycles.push([...trail.slice(seenAt), path]);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    importsOf(path).forEach(visit);
    trail.pop();
    done.add(path);
  };

  paths.forEach(visit);
  return cycles;
}
