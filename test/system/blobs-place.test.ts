/** Where blobs are, as an operator meets it: the real program, started and asked. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import { urlOf } from '../cluster/cluster.ts';
import { blobsAt, chunks, describeServer } from '../kit/blob-kit.ts';
import {
  askRelay,
  runRelayCommand,
  serveRelay,
  type Ran,
  type RelayProcess,
} from '../kit/relay-process.ts';
import { POSTGRES, startPostgres, type PostgresServer } from '../kit/services/postgres.ts';
import type { S3Server } from '../kit/services/ceph.ts';
import { S3_SERVERS } from '../kit/services/s3-servers.ts';

let folder: string;
const running: RelayProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-place-'));
  for (const name of ['share', 'other']) mkdirSync(at(name));
});
afterEach(async () => {
  for (const relay of running.splice(0)) {
    relay.kill('SIGKILL');
    await relay.ended;
  }
  rmSync(folder, { recursive: true });
});
const PASSWORD = 'nine lives of the office cat';
const at = (name: string): string => join(folder, name);

const serve = (data: string, ...args: readonly string[]): RelayProcess => {
  const relay = serveRelay(at(data), { args });
  running.push(relay);
  return relay;
};
const run = (data: string, ...args: readonly string[]): Promise<Ran> =>
  runRelayCommand([...args, '--data', at(data)]);
async function stop(relay: RelayProcess): Promise<void> {
  relay.kill('SIGTERM');
  await relay.ended;
}
async function started(data: string, ...args: readonly string[]): Promise<RelayProcess> {
  const relay = serve(data, ...args);
  await relay.ready;
  return relay;
}
/** Why it does not start: the sentence, and its kind for programs. */
async function refused(
  data: string,
  ...args: readonly string[]
): Promise<{ readonly kind: string; readonly message: string }> {
  const relay = serve(data, ...args);
  expect(await relay.ended).toMatchObject({ code: 1 });
  const said = JSON.parse(relay.output()) as { readonly kind: string; readonly message: string };
  expect(relay.errors()).toContain(said.message);
  return said;
}
async function found(team: RelayProcess): Promise<void> {
  const { port, setupLink } = await team.ready;
  const link = parseInviteLink(setupLink ?? '');
  if (!link.ok) throw new Error(link.error);
  const person = {
    team: 'Night shift',
    name: 'Ada',
    handle: 'ada',
    password: PASSWORD,
    device: 'desk',
  };
  expect((await askRelay(port, '/v1/setup', { code: link.value.code, ...person })).status).toBe(
    200,
  );
}
const keep = (place: string): Promise<unknown> =>
  blobsAt(place, folder).put(chunks('x'), { maxBytes: 10 });
async function doctorSays(
  data: string,
): Promise<
  { readonly isOk: boolean; readonly says: string; readonly advice?: string } | undefined
> {
  const { out } = await run(data, 'doctor', '--json');
  return (
    JSON.parse(out) as { check: string; isOk: boolean; says: string; advice?: string }[]
  ).find(({ check }) => check === 'blobs');
}

describe('a relay that is told where blobs are', () => {
  test('does not start on what cannot be written, or is not there, and says so in a sentence', async () => {
    writeFileSync(join(at('share'), '.partial'), 'in the way');
    expect(await refused('data', '--blobs', at('share'))).toEqual({
      event: 'failed',
      kind: 'blobs-not-accessible',
      message: `Blobs cannot be kept at ${at('share')}: the disk cannot do that now (ENOTDIR). Check that it is there: mounted, or reached.`,
    });
    expect(await refused('data', '--blobs', at('nowhere'))).toMatchObject({
      kind: 'bad-blobs-place',
    });
    writeFileSync(
      at('s3.json'),
      '{"address":"http://s3.example","bucket":"landline","secrets":"keys"}',
    );
    expect(await refused('data', '--blobs', at('s3.json'))).toMatchObject({
      kind: 'bad-blobs-place',
      message: expect.stringContaining('"address"'),
    });
  });

  test('knows the place again, at each start and when it is asked by the doctor', async () => {
    const relay = await started('data', '--blobs', at('share'));
    expect(await doctorSays('data')).toMatchObject({
      isOk: true,
      says: `${at('share')} can be written`,
    });
    await stop(relay);
    expect(await refused('data', '--blobs', at('other'))).toMatchObject({
      kind: 'blobs-elsewhere',
      message: expect.stringContaining('mounted?'),
    });
    expect(await refused('data')).toMatchObject({
      kind: 'blobs-elsewhere',
      message: expect.stringContaining('--blobs'),
    });
    expect(await doctorSays('data')).toMatchObject({ isOk: true });
    for (const name of readdirSync(at('share')))
      rmSync(join(at('share'), name), { recursive: true });
    expect(await doctorSays('data')).toMatchObject({
      isOk: false,
      advice: expect.stringContaining('landline-blobs.json'),
    });
  });

  test('says with a backup, and when one is put back, what is not in it', async () => {
    const relay = await started('data');
    await found(relay);
    expect((await run('data', 'backup', at('one.sqlite'))).out).not.toContain('lobs');
    await keep(join(at('data'), 'blobs'));
    expect((await run('data', 'backup', at('two.sqlite'))).out).toContain(
      `Blobs are not in it: copy those of ${at('data')}/blobs now`,
    );
    await stop(relay);
    expect((await run('data', 'restore', at('two.sqlite'))).out).toContain(
      `The blobs at ${at('data')}/blobs are as they were`,
    );
  });
});

describe.each(S3_SERVERS)('a relay whose blobs are on $name', ({ start }) => {
  let s3: S3Server;
  beforeEach(async () => {
    s3 = await start();
  });
  afterEach(() => s3.dispose());

  test('goes on with its messages while that is away, and does not start until it is back', async () => {
    const place = ['--blobs', await describeServer(folder, s3), '--limits', '{"blobAttempts":1}'];
    const relay = await started('data', ...place);
    await found(relay);
    expect(await doctorSays('data')).toMatchObject({ isOk: true });
    await s3.kill();
    expect(await doctorSays('data')).toMatchObject({
      isOk: false,
      says: expect.stringContaining('ECONNREFUSED'),
    });
    const { port } = await relay.ready;
    const signIn = { handle: 'ada', password: PASSWORD, device: 'desk' };
    expect((await askRelay(port, '/v1/sign-in', signIn)).status).toBe(200);
    await stop(relay);
    expect(await refused('data', ...place)).toMatchObject({
      kind: 'blobs-not-accessible',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await s3.restart();
    await started('data', ...place);
  });
});

describe.skipIf(POSTGRES === undefined)('relays on one PostgreSQL', () => {
  let server: PostgresServer;
  let address: string;
  beforeAll(async () => {
    server = await startPostgres({ isTemporary: true });
  });
  afterAll(() => server.dispose());
  beforeEach(async () => {
    address = at('postgres');
    writeFileSync(address, urlOf(await server.createDatabase()), { mode: 0o600 });
  });

  test('have to name one place, or none', async () => {
    const keys = ['--keys', at('keys')];
    await stop(await started('one', ...keys, '--postgres', address));
    await started('one', ...keys, '--postgres', address, '--blobs', at('share'));
    expect(
      await refused('two', ...keys, '--postgres', address, '--blobs', at('other')),
    ).toMatchObject({ kind: 'blobs-elsewhere' });
    expect(await refused('two', ...keys, '--postgres', address)).toMatchObject({
      kind: 'blobs-elsewhere',
    });
    await started('two', ...keys, '--postgres', address, '--blobs', at('share'));
    expect(readdirSync(at('two'))).not.toContain('blobs');
    expect(readdirSync(at('other'))).toEqual([]);
  });

  test('are told where the blobs are of a team that moves there, and find them', async () => {
    const alone = await started('data');
    await found(alone);
    await stop(alone);
    await keep(join(at('data'), 'blobs'));
    const moved = await runRelayCommand([
      'move',
      '--from',
      `sqlite:${at('data')}`,
      '--to',
      `postgres:${address}`,
    ]);
    expect(moved).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Its blobs have not: name ${at('data')}/blobs`),
    });
    expect(await refused('data', '--postgres', address, '--blobs', at('share'))).toMatchObject({
      message: expect.stringContaining('(1 of them)'),
    });
    await started('data', '--postgres', address, '--blobs', join(at('data'), 'blobs'));
  });
});
