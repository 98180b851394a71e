import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { ok } from '../../protocol/result.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { createDiskBlobs } from '../adapters/blobs-disk.ts';
import { loadPositionKey } from '../auth/position-key.ts';
import { loadTokenKeys } from '../auth/token-keys.ts';
import {
  dataFiles,
  readConfig,
  positionKeyFile,
  tokenKeysFile,
  type RelayConfig,
} from '../config.ts';
import type { Command } from '../control/commands.ts';
import type { Operator } from '../control/operator.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls } from '../lan/tls.ts';
import type { Blobs } from '../ports/blobs.ts';
import { describeFindings, examine, type DoctorParts, type Finding } from './doctor.ts';

let data: string;
let server: ReturnType<typeof createServer>;
let config: RelayConfig;
let audit: readonly string[];
const clock = createFakeClock(Date.now());
const random = createSeededRandom('doctor');
const status = {
  team: 'Night shift',
  teamId: 'team',
  blobsPlace: null,
  members: 2,
  addresses: [],
  fingerprint: null,
  startedAt: 1,
};
let asked: Command['command'][];
const operatorWith = (answer: object): Operator =>
  ({
    run: async ({ command }: Command) => {
      asked.push(command);
      return ok(answer);
    },
  }) as Operator;
const operator = operatorWith(status);

beforeEach(async () => {
  audit = [];
  asked = [];
  data = mkdtempSync(join(tmpdir(), 'landline-doctor-'));
  loadTokenKeys(tokenKeysFile(data), random);
  loadPositionKey(positionKeyFile(data), random);
  const tls = loadTls({ folder: data, hosts: ['localhost'], clock, random });
  writeFileSync(dataFiles(data).store, '');
  server = createServer(tls.options, (_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const read = readConfig(
    { data, host: '127.0.0.1', port: String((server.address() as AddressInfo).port) },
    {},
  );
  if (!read.ok) throw new Error(read.error.problem);
  config = read.value;
});
afterEach(() => {
  server.close();
  rmSync(data, { recursive: true });
});

const look = (change: Partial<DoctorParts> = {}): Promise<readonly Finding[]> =>
  examine({
    config,
    now: clock.now(),
    operator,
    isRunning: true,
    audit: async () => audit,
    blobs: null,
    nodeVersion: 'v24.21.0',
    ...change,
  });
const bad = async (change: Partial<DoctorParts> = {}): Promise<readonly string[]> =>
  (await look(change)).filter(({ isOk }) => !isOk).map(({ check }) => check);

describe('the doctor', () => {
  test('reads the store by itself: the relay is asked for its status alone, and answers meanwhile', async () => {
    const held = Promise.withResolvers<readonly string[]>();
    const begun = Promise.withResolvers<void>();
    const findings = look({
      audit: () => {
        begun.resolve();
        return held.promise;
      },
    });
    await begun.promise;
    const { port } = server.address() as AddressInfo;
    const [answer] = (await once(
      get({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false }),
      'response',
    )) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    held.resolve(['row 7 missing from index']);
    expect((await findings).find(({ check }) => check === 'store')).toMatchObject({
      isOk: false,
      says: 'row 7 missing from index',
    });
    expect(new Set(asked)).toEqual(new Set(['status']));
  });

  test('finds nothing wrong with a healthy relay', async () => {
    const findings = await look();
    expect(findings.filter(({ isOk }) => !isOk)).toEqual([]);
    expect(describeFindings(findings)).toMatch(/All is well\.\n$/);
  });

  test.each<readonly [string, string, () => Partial<DoctorParts> | void]>([
    ['an old Node.js', 'Node.js', () => ({ nodeVersion: 'v24.6.9' })],
    ['a folder others can change', 'data folder', () => chmodSync(data, 0o777)],
    ['token keys others can read', 'token keys', () => chmodSync(tokenKeysFile(data), 0o640)],
    ['a relay key others can read', 'relay key', () => chmodSync(join(data, KEY_FILE), 0o644)],
    ['missing token keys', 'token keys', () => rmSync(tokenKeysFile(data))],
    [
      'a position key others can read',
      'position key',
      () => chmodSync(positionKeyFile(data), 0o644),
    ],
    ['a missing position key', 'position key', () => rmSync(positionKeyFile(data))],
    ['a spoilt certificate', 'certificate', () => writeFileSync(join(data, CERTIFICATE_FILE), 'x')],
    [
      'a proxy whose certificate is not there',
      "the proxy's key",
      () => ({ config: { ...config, proxyCertificate: '/nowhere.pem' } }),
    ],
    ['a clock of long ago', 'clock', () => ({ now: Date.UTC(2001, 0, 1) })],
    [
      'a clock before the last write',
      'clock',
      () => utimesSync(dataFiles(data).store, new Date(), new Date(clock.now() + 3_600_000)),
    ],
    ['a damaged store', 'store', () => void (audit = ['row 7 missing from index'])],
    [
      'a store that cannot be read',
      'store',
      () => ({ audit: () => Promise.reject(new Error('file is not a database')) }),
    ],
    ['no relay', 'relay', () => ({ isRunning: false })],
    ['no store', 'store', () => ({ operator: 'There is no relay here.', isRunning: false })],
    ['a port nobody answers on', 'port', () => ({ config: { ...config, port: 1 } })],
    ['a plain answer where TLS is due', 'port', () => ({ config: { ...config, tls: 'off' } })],
  ])('names %s under "%s", with advice', async (_what, check, spoil) => {
    const findings = await look(spoil() ?? {});
    const found = findings.find((finding) => finding.check === check && !finding.isOk);
    expect(found?.advice).toBeTruthy();
    expect(describeFindings(findings)).toMatch(/PROBLEM[^]*->[^]*attention\.\n$/);
  });

  describe('looks at the blobs', () => {
    let share: string;
    let blobs: Blobs;
    const limits = DEFAULT_LIMITS;
    const place = 'ab'.repeat(16);
    beforeEach(() => {
      share = join(data, 'share');
      mkdirSync(share);
      blobs = createDiskBlobs({ folder: share, clock, random, limits });
    });
    const found = async (
      at: string | null,
      change: Partial<DoctorParts> = {},
    ): Promise<Finding | undefined> =>
      (await look({ config: { ...config, blobs: at }, blobs, ...change })).find(
        ({ check }) => check === 'blobs',
      );
    const knowing = (blobsPlace: string | null) => ({
      operator: operatorWith({ ...status, blobsPlace }),
    });
    const settle = async (team = status.teamId): Promise<void> => {
      await blobs.prepare();
      await blobs.leaveMark(JSON.stringify({ team, place }));
    };

    test('which are well where they can be written and the store knows the place', async () => {
      await settle();
      const before = readdirSync(share, { recursive: true });
      expect(await found(share, knowing(place))).toEqual({
        check: 'blobs',
        isOk: true,
        says: `${share} can be written`,
      });
      expect(readdirSync(share, { recursive: true })).toEqual(before);
    });

    test('which are well where there are none', async () => {
      expect(await found(null, { blobs: null })).toMatchObject({
        isOk: true,
        says: expect.stringContaining('kept nowhere'),
      });
      expect(await found(null)).toMatchObject({ isOk: true, says: 'none yet' });
      expect(await found(share)).toMatchObject({
        isOk: true,
        says: expect.stringContaining('no relay has used yet'),
      });
    });

    test.each<readonly [string, string, () => Promise<Partial<DoctorParts>>]>([
      [
        'a place that cannot be read as one',
        'describes no',
        async () => ({ blobs: 'x describes no storage server' }),
      ],
      ['a share that is not mounted', 'mounted?', async () => knowing(place)],
      [
        'another place than the others name',
        'not where this team keeps',
        async () => (await settle(), knowing('cd'.repeat(16))),
      ],
      [
        'the place of another team',
        'another team',
        async () => (await settle('others'), knowing(null)),
      ],
      [
        'a place that cannot be written',
        'ENOTDIR',
        async () => (await settle(), spoil(), knowing(place)),
      ],
    ])('and names %s', async (_what, words, change) => {
      expect(await found(share, await change())).toMatchObject({
        isOk: false,
        says: expect.stringContaining(words),
        advice: expect.any(String),
      });
    });
    const spoil = (): void => {
      rmSync(join(share, '.partial'), { recursive: true });
      writeFileSync(join(share, '.partial'), '');
    };

    test('and says how a new place takes over from one that is lost, which then is well', async () => {
      const { advice = '' } = (await found(share, knowing(place))) ?? {};
      const [mark = ''] = /\{.*\}/.exec(advice) ?? [];
      writeFileSync(join(share, 'landline-blobs.json'), mark);
      await blobs.prepare();
      expect(await found(share, knowing(place))).toMatchObject({ isOk: true });
    });

    test('and names a place that the relay is not told of', async () => {
      expect(await found(null, { ...knowing(place), blobs: null })).toMatchObject({
        isOk: false,
        says: expect.stringContaining('--blobs'),
      });
    });
  });

  test('shows the key that a proxy in front shows to desktops', async () => {
    const findings = await look({
      config: { ...config, proxyCertificate: join(data, CERTIFICATE_FILE) },
    });
    const says = (check: string): string | undefined =>
      findings.find((finding) => finding.check === check)?.says;
    expect(says("the proxy's key")).toBe(says('fingerprint'));
    expect(says('fingerprint')).toMatch(/^[0-9A-F]{2}:/);
  });

  test('sees that the key on the port is not the key in the folder', async () => {
    rmSync(join(data, KEY_FILE));
    loadTls({ folder: data, hosts: ['localhost'], clock, random });
    expect(await bad()).toEqual(['fingerprint']);
  });
});
