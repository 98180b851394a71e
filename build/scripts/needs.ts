/**
 * What the tests need from outside npm: a browser of the Chromium family, the fonts in which pictures
 * are compared, strace, which counts fsyncs, iproute2 for network namespaces, and the servers of a
 * cluster; the campaign needs Ceph too. Installs them on Debian as root; elsewhere uses what is there.
 * Prints in one line what is missing.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { findBrowser } from './find-browser.ts';
import { run } from './run.ts';

const APT_LIMIT_MS = 6 * 60_000;

const isOnPath = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

const hasDebianPackage = (name: string): boolean => {
  const answer = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' });
  return answer.status === 0 && answer.stdout.includes('ok installed');
};

/** What a cluster stands on. */
const SERVERS = [
  { program: 'redis-server', debian: 'redis-server' },
  { program: 'postgres', debian: 'postgresql' },
  { program: 'nginx', debian: 'nginx' },
  { program: 'haproxy', debian: 'haproxy' },
] as const;

/** A real S3 server; `npm test` has a stand-in. */
const CEPH = [
  { program: 'ceph-mon', debian: 'ceph-mon' },
  { program: 'ceph-osd', debian: 'ceph-osd' },
  { program: 'radosgw', debian: 'radosgw' },
] as const;

/** Debian asks this file before a package starts its service; 101 says no. */
const POLICY = '/usr/sbin/policy-rc.d';

async function installByApt(names: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`Installing ${names.join(', ')} (apt-get).`);
  await run('apt-get', ['update', '-qq'], { env, timeoutMs: APT_LIMIT_MS });
  // The tests start servers of their own; a machine's owner decides what else runs on it.
  const isPolicyOurs = !existsSync(POLICY);
  if (isPolicyOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
      env,
      timeoutMs: APT_LIMIT_MS,
      quiet: true,
    });
  } finally {
    if (isPolicyOurs) rmSync(POLICY);
  }
}

/** Makes sure of all this as far as the machine allows. */
export async function provideNeeds({ withCeph = false } = {}): Promise<void> {
  const servers = [...SERVERS, ...(withCeph ? CEPH : [])];
  const usesApt =
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    isOnPath('apt-get') &&
    isOnPath('dpkg-query');
  // Whoever names a browser means that one.
  const isBrowserNamed = process.env['LANDLINE_BROWSER'] !== undefined;
  const packages = [
    'fonts-noto-cjk',
    'fonts-noto-color-emoji',
    'strace',
    'iproute2',
    ...servers.map(({ debian }) => debian),
  ];
  const absent = (): readonly string[] =>
    usesApt
      ? [
          ...(findBrowser() === undefined && !isBrowserNamed ? ['chromium'] : []),
          ...packages.filter((name) => !hasDebianPackage(name)),
        ]
      : [
          ...(findBrowser() === undefined ? ['Chromium, Chrome or Edge'] : []),
          ...(process.platform === 'linux' && !isOnPath('strace')
            ? ['strace (nobody counts the fsyncs then)']
            : []),
          ...servers
            .filter(({ program }) => !isOnPath(program))
            .map(({ program }) => `${program} (its suites are skipped then)`),
        ];
  if (usesApt && absent().length > 0) await installByApt(absent());
  const missing = absent();
  if (missing.length > 0) console.log(`Could not have: ${missing.join(', ')}.`);
}
