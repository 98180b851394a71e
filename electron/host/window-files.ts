/**
 * The files of the built window, listed once at start. Both hosts serve from this list and from nothing else: a request is
 * looked up, never joined to a folder, so no spelling of a path can reach past it.
 */
import { readFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface WindowFile {
  readonly type: string;
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

export interface WindowFiles {
  readonly paths: readonly string[];
  /** @param pathname  as in a parsed URL; `/` is the page itself */
  find(pathname: string): WindowFile | undefined;
}

/** For a window that something else serves. */
export const NO_FILES: WindowFiles = { paths: [], find: () => undefined };

/** What the window is built of. A file of another kind is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
};

function list(folder: string, prefix: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) return list(join(folder, entry.name), path);
    return entry.isFile() ? [path] : [];
  });
}

/** Undefined where there is no built window in the folder. */
export function listWindowFiles(folder: string): WindowFiles | undefined {
  const files = new Map<string, WindowFile>();
  let paths: readonly string[];
  try {
    paths = list(folder, '');
  } catch {
    return undefined;
  }
  for (const path of paths) {
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const onDisk = join(folder, ...path.split('/'));
    files.set(path, { type, read: async () => new Uint8Array(await readFile(onDisk)) });
  }
  const page = files.get('/index.html');
  if (page === undefined) return undefined;
  files.set('/', page);
  return { paths: [...files.keys()], find: (pathname) => files.get(pathname) };
}
