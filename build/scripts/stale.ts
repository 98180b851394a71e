/** Whether the built window is older than anything it is built from. */
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.ts';

const SOURCES = '{protocol,doctor,electron,renderer}/**/*.{ts,tsx,css,html,json,svg}';
const ALSO = ['package-lock.json', 'build/electron.vite.config.ts'];

const modifiedAt = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

export function isWindowStale(root: string = ROOT): boolean {
  const builtAt = modifiedAt(join(root, 'out/renderer/index.html'));
  if (builtAt === 0) return true;
  const sources = [...globSync(SOURCES, { cwd: root }), ...ALSO];
  return sources.some((path) => modifiedAt(join(root, path)) > builtAt);
}
