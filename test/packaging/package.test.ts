/**
 * The app as it would be shipped. Packed by electron-builder with the real configuration and a synthetic Electron, it is held against
 * a list of every file, its fuses are read back, and what came out of the archive is run until the window stands.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, toolPath } from '../../build/scripts/run.ts';
import { launchStandin } from '../electron-standin/launch.ts';
import { makeSyntheticElectron } from './synthetic-electron.ts';

const folder = mkdtempSync(join(tmpdir(), 'landline-package-'));
const packed = join(
  folder,
  'dist',
  process.arch === 'x64' ? 'linux-unpacked' : `linux-${process.arch}-unpacked`,
);
const archive = join(packed, 'resources', 'app.asar');
const extracted = join(folder, 'app');

/** Vite names a file by its content, and what two programs share by one of its modules: the list names them by what they are. */
const withoutHash = (path: string): string =>
  path
    .replace(/^(\/out\/main\/chunks\/).*\.js$/, '$1#.js')
    .replace(/^(\/out\/renderer\/.*)-[\w-]{8}(\.\w+)$/, '$1-#$2');
const walk = (at: string): readonly string[] =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

beforeAll(async () => {
  if (process.platform !== 'linux')
    throw new Error(
      'The package is tested on Linux; the other systems are packed by the release workflow.',
    );
  if (!existsSync(join(ROOT, 'out/main/index.js')))
    throw new Error('out/main/index.js is not there: run "npm run build" first');
  makeSyntheticElectron(join(folder, 'electron'));
  const options = [
    '--dir',
    '--linux',
    '--config',
    'build/electron-builder.yml',
    '--publish',
    'never',
  ];
  const here = [
    `-c.electronDist=${join(folder, 'electron')}`,
    `-c.directories.output=${join(folder, 'dist')}`,
  ];
  await promisify(execFile)(process.execPath, [toolPath('electron-builder'), ...options, ...here], {
    cwd: ROOT,
    timeout: 240_000,
  });
  extractAll(archive, extracted);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the archive', () => {
  const files = (): readonly string[] =>
    walk(extracted).map((path) => path.slice(extracted.length));

  test('holds what the list says, no more and no less', () => {
    const list = [...new Set(files().map(withoutHash))].sort();
    const expected = readFileSync(join(import.meta.dirname, 'expected-files.txt'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(list).toEqual(expected.map((line) => line.replace('${arch}', process.arch)));
  });

  test('holds one binary, for this machine, and it lies outside where the system can load it', () => {
    const driver = `/node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`;
    expect(
      listPackage(archive, { isPack: false }).filter((path) => path.endsWith('.node')),
    ).toEqual([driver]);
    const outside = walk(`${archive}.unpacked`).map((path) =>
      path.slice(`${archive}.unpacked`.length),
    );
    expect(outside).toEqual([driver]);
    expect(readFileSync(`${archive}.unpacked${driver}`).subarray(0, 4).toString('latin1')).toBe(
      '\x7fELF',
    );
  });

  test('holds no sources, tests, maps, keys or notes', () => {
    const unwanted =
      /\.(?:tsx?|map|pem|key|env|md|log|sqlite|db)$|\.test\.|\/\.|^\/(?:server|electron|renderer|protocol|bench|docs|test)\//;
    expect(files().filter((path) => unwanted.test(path))).toEqual([]);
    const secrets =
      /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=]{40}|sourceMappingURL=|(?:ghp|npm)_[A-Za-z0-9]{30}/;
    const text = files().filter((path) => /\.(?:c?js|json|html|css)$/.test(path));
    expect(
      text.filter((path) => secrets.test(readFileSync(join(extracted, path), 'utf8'))),
    ).toEqual([]);
  });

  test('says nothing of the folder it was built in', () => {
    const scripts = files().filter(
      (path) => /\.c?js$/.test(path) && !path.startsWith('/node_modules'),
    );
    expect(
      scripts.filter((path) => readFileSync(join(extracted, path), 'utf8').includes(ROOT)),
    ).toEqual([]);
  });

  test('starts at its main file and needs nothing but the driver', () => {
    const manifest = JSON.parse(readFileSync(join(extracted, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(manifest).toMatchObject({ name: 'landline', main: 'out/main/index.js', type: 'module' });
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('devDependencies');
  });

  test('is small', () => {
    const bytes = statSync(archive).size;
    expect(bytes).toBeLessThan(12_000_000);
  });
});

test('the licences of what is bundled travel with it', () => {
  const text = readFileSync(join(packed, 'resources', 'THIRD-PARTY-LICENCES.txt'), 'utf8');
  for (const name of ['react', 'fastify', '@fontsource-variable/inter'])
    expect(text).toContain(`\n${name} `);
});

test('the fuses are blown as they should be', async () => {
  const wire = await getCurrentFuseWire(join(packed, 'landline'));
  const isOn = (fuse: FuseV1Options): boolean => wire[fuse] === FuseState.ENABLE;
  expect({
    runAsNode: isOn(FuseV1Options.RunAsNode),
    cookieEncryption: isOn(FuseV1Options.EnableCookieEncryption),
    nodeOptions: isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
    inspect: isOn(FuseV1Options.EnableNodeCliInspectArguments),
    asarIntegrity: isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
    onlyFromAsar: isOn(FuseV1Options.OnlyLoadAppFromAsar),
    fileProtocolPrivileges: isOn(FuseV1Options.GrantFileProtocolExtraPrivileges),
  }).toEqual({
    runAsNode: false,
    cookieEncryption: true,
    nodeOptions: false,
    inspect: false,
    asarIntegrity: true,
    onlyFromAsar: true,
    fileProtocolPrivileges: false,
  });
});

test('what came out of the archive runs until a team stands, on its own files alone', async () => {
  const app = await launchStandin({
    main: join(extracted, 'out/main/index.js'),
    userData: join(folder, 'data'),
    env: { STANDIN_PACKAGED: join(packed, 'resources'), LANDLINE_HOST: '127.0.0.1' },
  });
  try {
    const page = await app.window();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/on your own line/);
    // The relay's process and the database driver came out of the archive too.
    const account = {
      name: 'Lin',
      handle: 'lin',
      password: 'correct horse battery',
      device: 'test',
    };
    const input = JSON.stringify({ teamName: 'Packed', ...account });
    const started: unknown = await page.evaluate(`window.landline.call('team.start', ${input})`);
    expect(started).toMatchObject({ ok: true });
    expect(app.notesOf('page-error')).toEqual([]);
    expect(app.notesOf('missing')).toEqual([]);
  } finally {
    await app.close();
  }
});
