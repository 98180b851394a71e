/**
 * The kept unit for systemd and the kept container against the facts: what they run is there, starts, and stops in the time they give it.
 * systemd judges its unit itself where it is installed. No container engine is asked; the image's folder is laid out by hand instead.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../build/scripts/run.ts';
import { DEFAULT_PORT } from '../../protocol/invite-link.ts';
import { readArguments } from '../../server/cli/arguments.ts';
import { readConfig } from '../../server/config.ts';
import { createKnownHosts } from '../../server/http/known-hosts.ts';
import { startRelay } from '../../server/relay.ts';
import { COMPILE_CACHE } from '../kit/compile-cache.ts';
import { findProgram } from '../kit/services/program.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** `serve` takes no longer than this to stop; then it leaves whatever is left. */
const STOP_S = 15;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-service-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the words as a service would, on a port and a folder of the test's, until it is ready and was asked to stop. */
async function runs(
  [node = '', ...words]: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly said: string }> {
  expect(basename(node)).toBe('node');
  const own = ['--data', join(folder, 'data'), '--host', '127.0.0.1', '--port', '0', '--json'];
  const child = spawn(
    process.execPath,
    [...words.map((word) => (word === '/var/lib/landline' ? join(folder, 'data') : word)), ...own],
    {
      cwd,
      env: { PATH: process.env['PATH'], ...COMPILE_CACHE },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  let isAsked = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // Once: a second signal means that there is no time to stop in good order.
      if (!isAsked && said.includes('"event":"ready"')) isAsked = child.kill('SIGTERM');
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

describe('the unit for systemd', () => {
  const PATH = 'build/systemd/landline-relay.service';
  const unit = read(PATH);
  const values = new Map(
    [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const words = (values.get('ExecStart') ?? '').split(' ');
  const program = findProgram('systemd-analyze', 'what systemd says of its unit is not shown');

  test('runs a command that starts a relay from this repository and stops it', async () => {
    expect(await runs(words, ROOT)).toMatchObject({
      code: 0,
      said: expect.stringContaining('"event":"ready"') as string,
    });
  });

  test('gives it the folder it writes to, and the time to stop', () => {
    expect(words).toContain(`/var/lib/${values.get('StateDirectory') ?? ''}`);
    expect(Number(values.get('TimeoutStopSec'))).toBeGreaterThan(STOP_S);
  });

  test.skipIf(program === undefined)(
    'is understood by systemd, every word of it, and leaves little open',
    () => {
      const path = join(folder, 'landline-relay.service');
      writeFileSync(
        path,
        unit.replace('/usr/bin/node', process.execPath).replace('/opt/landline', ROOT),
      );
      const verified = spawnSync(program ?? '', ['verify', '--man=no', path], { encoding: 'utf8' });
      const aboutOurs = verified.stderr.split('\n').filter((line) => line.includes('landline'));
      expect([verified.status, aboutOurs]).toEqual([0, []]);
      const judged = spawnSync(
        program ?? '',
        ['security', '--offline=true', '--threshold=20', path],
        { encoding: 'utf8' },
      );
      expect(judged.stderr + (/Overall exposure.*/.exec(judged.stdout)?.[0] ?? '')).toContain('OK');
      expect(judged.status).toBe(0);
    },
  );

  test.skipIf(program === undefined)(
    'would not be understood with a word that systemd does not know',
    () => {
      const path = join(folder, 'landline-relay.service');
      writeFileSync(
        path,
        unit.replace('/usr/bin/node', process.execPath).replace('ProtectClock=', 'ProtectCloak='),
      );
      expect(
        spawnSync(program ?? '', ['verify', '--man=no', path], { encoding: 'utf8' }).stderr,
      ).toContain('ProtectCloak');
    },
  );
});

describe('the container', () => {
  const lines = read('build/compose/Dockerfile').replace(/\\\n/g, ' ').split('\n');
  const of = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const listed = (word: string): readonly string[] =>
    JSON.parse(of(word)[0] ?? '[]') as readonly string[];

  /** What `COPY` puts into the image, and the packages that `npm ci --omit=dev` does. */
  function layOut(): string {
    const image = join(folder, 'image');
    for (const line of of('COPY')) {
      const [to = '', ...from] = line.split(' ').toReversed();
      for (const path of from)
        cpSync(join(ROOT, path), join(image, to, to.endsWith('/') ? basename(path) : ''), {
          recursive: true,
        });
    }
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Readonly<Record<string, { readonly dev?: boolean }>>;
    };
    for (const [path, { dev = false }] of Object.entries(packages)) {
      if (dev || !/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path)) continue;
      mkdirSync(dirname(join(image, path)), { recursive: true });
      symlinkSync(join(ROOT, path), join(image, path));
    }
    return image;
  }

  test('holds all that a relay needs to start', async () => {
    const { code, said } = await runs([...listed('ENTRYPOINT'), ...listed('CMD')], layOut());
    expect([code, said]).toEqual([0, expect.stringContaining('"event":"ready"')]);
  });

  test('is built of what the context lets in', () => {
    const lets = read('build/compose/Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const copied = of('COPY').flatMap((line) => line.split(' ').slice(0, -1));
    expect(lets.map((line) => line.slice(1)).toSorted()).toEqual(copied.toSorted());
  });

  test('opens the port that a relay has', () => {
    expect(of('EXPOSE')).toEqual([String(DEFAULT_PORT)]);
    expect(of('VOLUME')).toEqual([listed('CMD').at(-1)]);
  });
});

interface Service {
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly networks: { readonly line: { readonly ipv4_address?: string } };
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
}

describe('the compose file', () => {
  const { services, secrets, volumes } = parse(read('build/compose/compose.yaml')) as {
    readonly services: Readonly<Record<'relay' | 'nginx' | 'postgres' | 'redis', Service>>;
    readonly secrets: Readonly<Record<string, { readonly file: string }>>;
    readonly volumes: object;
  };
  const { relay, nginx, postgres, redis } = services;

  test('builds from files that are there, and mounts what is there or is the operator’s', () => {
    const at = join(ROOT, 'build/compose', relay.build?.context ?? '');
    expect(readFileSync(join(at, relay.build?.dockerfile ?? ''), 'utf8')).toBe(
      read('build/compose/Dockerfile'),
    );
    const mounted = Object.values(services).flatMap((service) =>
      (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''),
    );
    const named = mounted.filter((path) => !path.startsWith('.'));
    expect(named.toSorted()).toEqual(Object.keys(volumes).toSorted());
    const kept = mounted.filter((path) => path.startsWith('.') && !path.startsWith('./tls'));
    expect(kept.map((path) => readFileSync(join(ROOT, 'build/compose', path), 'utf8'))).toEqual([
      read('build/nginx/landline.conf'),
    ]);
  });

  test('runs a command that the relay understands, and trusts the balancer alone', () => {
    const read = readArguments(relay.command ?? [], (path) => path);
    if (!read.ok || read.value.kind !== 'serve') throw new Error('that serves nothing');
    const config = readConfig(read.value.config, {});
    expect(config).toMatchObject({
      ok: true,
      value: {
        port: DEFAULT_PORT,
        tls: 'off',
        trustedProxies: [nginx.networks.line.ipv4_address],
        metrics: null,
      },
    });
    expect(parseInt(relay.stop_grace_period ?? '', 10)).toBeGreaterThan(STOP_S);
    expect(relay.healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${DEFAULT_PORT}/readyz`);
  });

  test('calls the relay by names that it knows', () => {
    const read = readArguments(relay.command ?? [], (path) => path);
    const config = read.ok && read.value.kind === 'serve' && readConfig(read.value.config, {});
    if (config === false || !config.ok) throw new Error('that serves nothing');
    const { advertise, allowHost } = config.value;
    const isKnown = createKnownHosts([...advertise, ...allowHost]);
    // Desktops call the balancer by what is advertised, and Nginx passes that on.
    expect(advertise.every(isKnown)).toBe(true);
    for (const [, url = ''] of (relay.healthcheck?.test.join(' ') ?? '').matchAll(/'(http[^']+)'/g))
      expect(isKnown(new URL(url).host)).toBe(true);
  });

  test('gives Nginx the kept configuration with the relay’s address', () => {
    const script = nginx.command?.at(-1) ?? '';
    const edits = [...script.matchAll(/-e '([^']+)'/g)].flatMap(([, edit = '']) => ['-e', edit]);
    const made = spawnSync('sed', [...edits, join(ROOT, 'build/nginx/landline.conf')], {
      encoding: 'utf8',
    }).stdout;
    const server = `    server ${relay.networks.line.ipv4_address ?? ''}:${DEFAULT_PORT} `;
    expect(made.split('\n').filter((line) => /^ {4}server \d/.test(line))).toEqual([
      expect.stringContaining(server),
      expect.stringContaining(server),
    ]);
    expect(nginx.ports).toEqual(['443:443']);
    const shown = [...made.matchAll(/ssl_certificate\w* (\S+);/g)].map(([, path]) => path);
    expect(shown).toEqual([
      expect.stringMatching(/^\/etc\/landline\//),
      expect.stringMatching(/^\/etc\/landline\//),
    ]);
  });

  test('lets the world reach the balancer and nothing else, and keeps no secret in the environment', () => {
    expect(
      Object.entries(services).flatMap(([name, { ports = [] }]) =>
        ports.length > 0 ? [name] : [],
      ),
    ).toEqual(['nginx']);
    expect([postgres.profiles, redis.profiles]).toEqual([['cluster'], ['cluster']]);
    const [secret = ''] = Object.keys(secrets);
    expect(postgres.environment).toEqual({
      POSTGRES_USER: 'landline',
      POSTGRES_DB: 'landline',
      POSTGRES_PASSWORD_FILE: `/run/secrets/${secret}`,
    });
  });
});

describe('what Prometheus is told to scrape', () => {
  const examples = [
    ...read('docs/OPERATIONS.md').matchAll(/```yaml\n(scrape_configs:[^]*?)```/g),
  ].map(
    ([, yaml = '']) =>
      parse(yaml) as {
        readonly scrape_configs: readonly {
          readonly static_configs: readonly { readonly targets: readonly string[] }[];
        }[];
      },
  );
  const targets = examples.flatMap(({ scrape_configs }) =>
    scrape_configs.flatMap((job) => job.static_configs.flatMap((one) => one.targets)),
  );

  test('is answered by a relay that was started as it says there', async () => {
    const started = await startRelay({
      data: join(folder, 'data'),
      metrics: { host: '127.0.0.1', port: 0 },
      allowHost: ['relay'],
    });
    expect(targets).toEqual(['127.0.0.1:9464', 'relay:9464']);
    for (const host of [...targets, 'evil.example:9464']) {
      const asked = request({
        host: '127.0.0.1',
        port: started.metricsPort,
        path: '/metrics',
        agent: false,
        headers: { host },
      });
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      expect([host, answer.statusCode]).toEqual([host, targets.includes(host) ? 200 : 421]);
    }
    await started.close();
  });
});
