/**
 * The licences of everything that is bundled into the app: their texts have to travel with it. Which packages those are follows from
 * the lockfile, starting at what the app's rooms may import; too many rather than too few.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOMS } from '../lint/rooms.ts';

export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  readonly text: string;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optional?: boolean;
}

/** Not bundled: Electron's own licences lie beside its binary, and the last two belong to drivers of the cluster, which the app has not. */
const ELSEWHERE = new Set(['electron', 'pg', 'redis']);

const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Where Node would find `name` for the package at `from`, as the lockfile places it. */
function resolve(
  lock: Readonly<Record<string, LockEntry>>,
  from: string,
  name: string,
): string | undefined {
  for (let at = from; ;) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (at === '') return undefined;
    const up = at.lastIndexOf('/node_modules/');
    at = up < 0 ? '' : at.slice(0, up);
  }
}

function closure(lock: Readonly<Record<string, LockEntry>>): readonly string[] {
  const wanted = ROOMS.flatMap(({ packages }) => packages);
  const names = Object.keys(lock).filter((path) => path.lastIndexOf('node_modules/') === 0);
  const isWanted = (name: string): boolean =>
    wanted.some((one) => (one.endsWith('/*') ? name.startsWith(one.slice(0, -1)) : one === name)) &&
    !ELSEWHERE.has(name);
  const found = new Set(names.filter((path) => isWanted(nameOf(path))));
  for (const path of found) {
    for (const name of Object.keys(lock[path]?.dependencies ?? {})) {
      const at = resolve(lock, path, name);
      if (at !== undefined) found.add(at);
    }
  }
  return [...found].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function licenceText(folder: string): string {
  const files = readdirSync(folder).filter((name) => /^(?:licen[cs]e|copying|notice)/i.test(name));
  return files.map((name) => readFileSync(join(folder, name), 'utf8').trim()).join('\n\n');
}

export function thirdParties(root: string): readonly ThirdParty[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  return closure(packages).map((path) => {
    const { version = '', license = '' } = packages[path] ?? {};
    return { name: nameOf(path), version, licence: license, text: licenceText(join(root, path)) };
  });
}

/** One text file for people, the packages in order of their names. */
export const asText = (all: readonly ThirdParty[]): string =>
  all
    .map(
      ({ name, version, licence, text }) =>
        `${name} ${version} (${licence})\n${'-'.repeat(72)}\n${text === '' ? `Licence: ${licence}` : text}\n`,
    )
    .join('\n\n');
