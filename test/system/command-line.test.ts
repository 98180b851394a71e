/** The relay's command line as an operator meets it: the real program, started and spoken to. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import Database from 'better-sqlite3';
import WebSocket from 'ws';
import { signedIn, type SignedIn } from '../../protocol/http.ts';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import {
  askRelay,
  runRelayCommand,
  serveRelay,
  type ProcessChange,
  type Ran,
  type RelayProcess,
} from '../kit/relay-process.ts';

let folder: string;
let data: string;
const running: RelayProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-cli-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const relay of running.splice(0)) {
    relay.kill('SIGKILL');
    await relay.ended;
  }
  rmSync(folder, { recursive: true });
});

const serve = (change: ProcessChange = {}): RelayProcess => {
  const relay = serveRelay(data, change);
  running.push(relay);
  return relay;
};
const run = (...args: readonly string[]): Promise<Ran> =>
  runRelayCommand([...args, '--data', data]);
const stop = async (relay: RelayProcess): Promise<void> => {
  relay.kill('SIGTERM');
  expect(await relay.ended).toEqual({ code: 0, signal: null });
};
const PASSWORD = 'nine lives of the office cat';

async function setUp(
  relay: RelayProcess,
): Promise<{ readonly port: number; readonly ada: SignedIn }> {
  const { port, setupLink } = await relay.ready;
  const link = parseInviteLink(setupLink ?? '');
  if (!link.ok) throw new Error(link.error);
  const { body } = await askRelay(port, '/v1/setup', {
    code: link.value.code,
    team: 'Night shift',
    name: 'Ada Okafor',
    handle: 'ada',
    password: PASSWORD,
    device: 'desk',
  });
  return { port, ada: signedIn.parse(body) };
}

describe('serve', () => {
  test('says where it is in one line of JSON, sets a team up, and goes with 0 on SIGTERM', async () => {
    const relay = serve();
    const ready = await relay.ready;
    expect(ready).toEqual({
      event: 'ready',
      port: expect.any(Number),
      addresses: [`127.0.0.1:${ready.port}`],
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      setupLink: expect.stringMatching(/^landline:\/\/setup\?/),
    });
    expect(parseInviteLink(ready.setupLink!)).toMatchObject({
      ok: true,
      value: {
        purpose: 'setup',
        relays: [`127.0.0.1:${ready.port}`],
        fingerprint: ready.fingerprint,
      },
    });
    await setUp(relay);
    expect((await askRelay(ready.port, '/v1/relay')).body).toMatchObject({
      team: { name: 'Night shift' },
    });
    await stop(relay);
    expect(relay.output().trim().split('\n')).toHaveLength(1);
  });

  test('keeps its key, has no setup link once there is a team, and remembers everybody', async () => {
    const first = serve();
    const { ada } = await setUp(first);
    const { fingerprint } = await first.ready;
    await stop(first);
    const second = serve();
    const ready = await second.ready;
    expect(ready).toMatchObject({ fingerprint, setupLink: null });
    expect(
      (await askRelay(ready.port, '/v1/refresh', { refresh: ada.tokens.refresh })).status,
    ).toBe(200);
  });

  test('makes a fresh setup code when it was not used before a restart', async () => {
    const first = serve();
    const before = (await first.ready).setupLink!;
    await stop(first);
    const second = serve();
    const { port, setupLink } = await second.ready;
    expect(setupLink).not.toBe(before);
    const old = parseInviteLink(before);
    if (!old.ok) throw new Error(old.error);
    const ask = { team: 'T', name: 'Eve', handle: 'eve', password: PASSWORD, device: 'x' };
    expect((await askRelay(port, '/v1/setup', { code: old.value.code, ...ask })).status).toBe(401);
    await setUp(second);
  });

  test('keeps everything it makes to its own account', async () => {
    const relay = serve();
    await setUp(relay);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    const names = readdirSync(data);
    expect(names).toContain('control.sock');
    for (const name of names) expect(statSync(join(data, name)).mode & 0o077, name).toBe(0);
  });

  test('leaves no password, token or code in its log', async () => {
    const relay = serve({ args: ['--log', 'debug'] });
    const { port, ada } = await setUp(relay);
    const { setupLink } = await relay.ready;
    await askRelay(port, '/v1/sign-in', {
      handle: 'ada',
      password: 'canary-wrong-password',
      device: 'canary-device',
    });
    await askRelay(port, `/v1/relay?canary=${ada.tokens.access}`);
    await askRelay(port, `/canary-${ada.tokens.refresh}`);
    const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/ws`, 'landline.v1', {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${ada.tokens.access}` },
    });
    await once(socket, 'open');
    socket.send('{"t":"canary-frame","text":"canary-text"}');
    await once(socket, 'close');
    const added = await run('member', 'add', 'Canary Person', '--json');
    const { password } = (JSON.parse(added.out) as { value: { password: string } }).value;
    await stop(relay);
    const log = relay.errors();
    expect(log).toContain('"event":"team-founded"');
    const code = /code=([\w-]+)/.exec(setupLink!)![1]!;
    for (const secret of [
      'canary',
      'Canary',
      PASSWORD,
      ada.tokens.access,
      ada.tokens.refresh,
      code,
      password,
      'Okafor',
    ]) {
      expect(log, secret).not.toContain(secret);
    }
    for (const line of log.trim().split('\n'))
      expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test('goes when standard input closes, where that was asked for', async () => {
    const relay = serve({ args: ['--stop-with-stdin'] });
    await relay.ready;
    relay.closeStdin();
    expect(await relay.ended).toEqual({ code: 0, signal: null });
  });

  test('asks a live client to come back before it goes', async () => {
    const relay = serve();
    const { port, ada } = await setUp(relay);
    const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/ws`, 'landline.v1', {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${ada.tokens.access}` },
    });
    await once(socket, 'open');
    const frames: string[] = [];
    socket.on('message', (data: Buffer) => {
      const { t } = JSON.parse(data.toString()) as { t: string };
      frames.push(t);
      if (t === 'drain') socket.close(1000);
    });
    socket.send(
      JSON.stringify({
        t: 'hello',
        versions: { min: 1, max: 1 },
        epoch: null,
        positions: {},
        focus: null,
        presence: 'here',
      }),
    );
    while (!frames.includes('caught-up')) await once(socket, 'message');
    relay.kill('SIGTERM');
    expect(await relay.ended).toEqual({ code: 0, signal: null });
    expect(frames).toContain('drain');
  });

  test.each<readonly [string, () => void, readonly string[], string, RegExp]>([
    [
      'a key that others can read',
      () => secret('token-keys.json', keys(), 0o644),
      [],
      'bad-secret-file',
      /chmod 600/,
    ],
    [
      'a default key',
      () => secret('token-keys.json', '{"keys":[{"kid":"a","secret":"c2VjcmV0"}]}', 0o600),
      [],
      'bad-secret-file',
      /too short/,
    ],
    [
      'an empty key file',
      () => secret('token-keys.json', '', 0o600),
      [],
      'bad-secret-file',
      /not a key file/,
    ],
    [
      'a position key that others can read',
      () => secret('position-key.json', '{"secret":"x"}', 0o644),
      [],
      'bad-secret-file',
      /chmod 600/,
    ],
    [
      'a TLS key that others can read',
      () => secret('relay-key.pem', 'x', 0o640),
      [],
      'bad-secret-file',
      /chmod 600/,
    ],
    [
      'a TLS key that is none',
      () => secret('relay-key.pem', 'x', 0o600),
      [],
      'bad-secret-file',
      /not a P-256 private key/,
    ],
    [
      'a store that is none',
      () => secret('team.sqlite', 'hello '.repeat(1000), 0o600),
      [],
      'not-a-store',
      /not a database/,
    ],
    [
      'an address that is not here',
      () => undefined,
      ['--host', '192.0.2.1'],
      'no-such-address',
      /no address/,
    ],
  ])('refuses to start with %s, and says why', async (_what, prepare, args, kind, words) => {
    mkdirSync(data, { mode: 0o700 });
    prepare();
    const relay = serve({ args });
    expect(await relay.ended).toMatchObject({ code: 1 });
    const failed = JSON.parse(relay.output()) as { event: string; kind: string; message: string };
    expect(failed).toMatchObject({ event: 'failed', kind });
    expect(failed.message).toMatch(words);
    expect(relay.errors()).not.toMatch(/\n\s+at /);
  });
  const secret = (name: string, text: string, mode: number): void => {
    writeFileSync(join(data, name), text);
    chmodSync(join(data, name), mode);
  };
  const keys = (): string =>
    JSON.stringify({
      keys: [
        {
          kid: 'a',
          secret: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 7)).toString('base64url'),
        },
      ],
    });

  test('refuses a second relay on the same folder, and a port in use', async () => {
    const first = serve();
    await first.ready;
    const second = serve();
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(JSON.parse(second.output())).toMatchObject({ kind: 'in-use' });
    expect(existsSync(join(data, 'control.sock'))).toBe(true);
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const third = serveRelay(join(folder, 'other'), {
      args: ['--port', String((busy.address() as AddressInfo).port)],
    });
    expect(await third.ended).toMatchObject({ code: 1 });
    expect(JSON.parse(third.output())).toMatchObject({ kind: 'port-in-use' });
    busy.close();
  });

  test('refuses secrets in the environment', async () => {
    const relay = serve({ env: { LANDLINE_SECRET: 'hunter2hunter2' } });
    expect(await relay.ended).toMatchObject({ code: 2 });
    expect(relay.errors()).toContain('LANDLINE_SECRET must not be set');
    expect(relay.errors()).not.toContain('hunter2');
  });

  test('starts again after it was killed, on the folder as it was left', async () => {
    const first = serve();
    const { ada } = await setUp(first);
    first.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(data, 'control.sock'))).toBe(true);
    // The socket is a dead relay's: commands go to the store.
    expect((await run('member', 'list')).out).toContain('ada');
    const second = serve();
    const { port } = await second.ready;
    expect((await askRelay(port, '/v1/refresh', { refresh: ada.tokens.refresh })).status).toBe(200);
    expect((await run('member', 'list')).out).toContain('ada');
  });
});

describe.each(['while the relay runs', 'while no relay runs'] as const)(
  'an operator %s',
  (when) => {
    let relay: RelayProcess;
    let port: number;
    let ada: SignedIn;
    beforeEach(async () => {
      relay = serve();
      ({ port, ada } = await setUp(relay));
      if (when === 'while no relay runs') await stop(relay);
    });
    const isRunning = when === 'while the relay runs';

    test('invites people with a link and a picture of it', async () => {
      const { code, out } = await run('invite', '--role', 'guest', '--days', '3', '--uses', '2');
      expect(code).toBe(0);
      const link = /landline:\/\/join\?\S+/.exec(out)?.[0] ?? '';
      const { fingerprint } = await relay.ready;
      expect(parseInviteLink(link)).toMatchObject({
        ok: true,
        value: { purpose: 'join', relays: [`127.0.0.1:${port}`], fingerprint },
      });
      expect(out).toContain('Invite as guest (good for 3 days, for 2 people)');
      expect(out).toContain('█▀');
      if (!isRunning) return;
      const parsed = parseInviteLink(link);
      const joined = await askRelay(port, '/v1/join', {
        code: parsed.ok ? parsed.value.code : '',
        name: 'Lin',
        handle: 'lin',
        password: PASSWORD,
        device: 'phone',
      });
      expect(joined).toMatchObject({ status: 200, body: { member: { role: 'guest' } } });
    });

    test('lists, adds, changes and shuts out members', async () => {
      const added = await run('member', 'add', '林佳穎', '--role', 'admin', '--json');
      expect(JSON.parse(added.out)).toMatchObject({
        ok: true,
        value: { member: { handle: '林佳穎', role: 'admin' }, password: expect.any(String) },
      });
      expect((await run('member', 'add', 'Somebody', '--handle', '林佳穎')).err).toContain('taken');
      expect((await run('member', 'role', '林佳穎', 'guest')).out).toContain('is guest');
      expect((await run('member', 'deactivate', '@林佳穎')).out).toContain('shut out');
      expect((await run('member', 'list')).out).toBe(
        'ada     owner   Ada Okafor\n林佳穎  guest   林佳穎  (shut out)\n',
      );
      expect((await run('member', 'activate', '林佳穎')).code).toBe(0);
      expect(await run('member', 'deactivate', 'nobody')).toMatchObject({
        code: 1,
        err: 'There is no member nobody.\n',
      });
    });

    test('cannot take the last owner away', async () => {
      for (const args of [
        ['deactivate', 'ada'],
        ['role', 'ada', 'admin'],
      ]) {
        expect(await run('member', ...args)).toMatchObject({
          code: 1,
          err: expect.stringContaining('needs an active owner'),
        });
      }
      expect((await run('member', 'list')).out).toBe('ada  owner   Ada Okafor\n');
    });

    test('resets a password, which signs every device out', async () => {
      const reset = await run('member', 'reset-password', 'ada', '--json');
      const { password } = (JSON.parse(reset.out) as { value: { password: string } }).value;
      if (!isRunning) {
        relay = serve();
        ({ port } = await relay.ready);
      }
      expect((await askRelay(port, '/v1/refresh', { refresh: ada.tokens.refresh })).status).toBe(
        401,
      );
      expect(
        (await askRelay(port, '/v1/sign-in', { handle: 'ada', password: PASSWORD, device: 'x' }))
          .status,
      ).toBe(401);
      expect(
        (await askRelay(port, '/v1/sign-in', { handle: 'ada', password, device: 'x' })).status,
      ).toBe(200);
    });

    test('makes a backup that overwrites nothing and can be restored', async () => {
      const file = join(folder, 'backup.sqlite');
      expect((await run('backup', file)).code).toBe(0);
      expect(statSync(file).mode & 0o077).toBe(0);
      const before = readFileSync(file);
      expect(await run('backup', file)).toMatchObject({
        code: 1,
        err: expect.stringContaining('exists already'),
      });
      expect(readFileSync(file).equals(before)).toBe(true);
      expect((await run('backup', join(folder, 'no', 'such', 'folder.sqlite'))).code).toBe(1);

      await run('member', 'add', 'Added Later');
      if (isRunning) {
        expect(await run('restore', file)).toMatchObject({
          code: 1,
          err: expect.stringContaining('in use by another relay'),
        });
        expect((await run('member', 'list')).out).toContain('added.later');
        await stop(relay);
      }
      expect((await run('restore', join(folder, 'nothing.sqlite'))).err).toContain(
        'There is no backup',
      );
      writeFileSync(join(folder, 'damaged.sqlite'), before.subarray(0, before.length - 4096));
      expect(await run('restore', join(folder, 'damaged.sqlite'))).toMatchObject({
        code: 1,
        err: expect.stringMatching(/othing was changed/),
      });
      expect((await run('member', 'list')).out).toContain('added.later');
      const restored = await run('restore', file);
      expect(restored.code).toBe(0);
      expect(restored.out).toMatch(
        /^The backup holds the team "Night shift": members 1, messages 0, newest event 2.*Z\.\nThe backup is in place\./,
      );
      expect((await run('member', 'list')).out).toBe('ada  owner   Ada Okafor\n');
      expect(readdirSync(data).some((name) => name.startsWith('team.sqlite.before-restore-'))).toBe(
        true,
      );
      const again = serve();
      const ready = await again.ready;
      expect(
        (await askRelay(ready.port, '/v1/refresh', { refresh: ada.tokens.refresh })).status,
      ).toBe(200);
    });

    test('restores into a folder that is not there, also for programs', async () => {
      const file = join(folder, 'backup.sqlite');
      await run('backup', file);
      const place = join(folder, 'new', 'machine');
      const done = await runRelayCommand(['restore', file, '--json', '--data', place]);
      expect(JSON.parse(done.out)).toMatchObject({
        ok: true,
        value: { before: null, backup: { members: 1 }, restored: { isCompared: false } },
      });
      const bad = join(file, 'in a file');
      const not = await runRelayCommand(['restore', file, '--json', '--data', bad]);
      expect(JSON.parse(not.out)).toMatchObject({ ok: false, error: { kind: 'failed' } });
      expect(not).toMatchObject({ code: 1, err: '' });
    });

    test('is told by the doctor what is well and what to do', async () => {
      const { code, out } = await run('doctor');
      expect(out).toContain(isRunning ? 'All is well.' : '1 thing needs attention.');
      expect(code).toBe(isRunning ? 0 : 1);
      if (!isRunning) expect(out).toContain('-> Start it: landline-relay serve');
      chmodSync(join(data, 'token-keys.json'), 0o644);
      chmodSync(data, 0o777);
      const worse = await run('doctor', '--json');
      chmodSync(data, 0o700);
      const bad = (
        JSON.parse(worse.out) as { check: string; isOk: boolean; advice?: string }[]
      ).filter((finding) => !finding.isOk);
      expect(bad.map(({ check }) => check)).toEqual(
        expect.arrayContaining(['data folder', 'token keys']),
      );
      for (const finding of bad) expect(finding.advice).toBeTruthy();
      // The doctor reads the store itself, beside the relay.
      chmodSync(join(data, 'token-keys.json'), 0o600);
      const store = new Database(join(data, 'team.sqlite'));
      store.exec("UPDATE feed SET head = head + 1 WHERE id = 'team'");
      store.close();
      expect((await run('doctor')).out).toMatch(/PROBLEM\s+store\s+feed team: head \d+, but/);
    });
  },
);

test('a member who is shut out loses their live socket within a second', async () => {
  const relay = serve();
  const { port } = await setUp(relay);
  const added = await run('member', 'add', 'Lin', '--json');
  const { password } = (JSON.parse(added.out) as { value: { password: string } }).value;
  const lin = signedIn.parse(
    (await askRelay(port, '/v1/sign-in', { handle: 'lin', password, device: 'x' })).body,
  );
  const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/ws`, 'landline.v1', {
    rejectUnauthorized: false,
    headers: { authorization: `Bearer ${lin.tokens.access}` },
  });
  await once(socket, 'open');
  socket.send(
    JSON.stringify({
      t: 'hello',
      versions: { min: 1, max: 1 },
      epoch: null,
      positions: {},
      focus: null,
      presence: 'here',
    }),
  );
  await once(socket, 'message');
  const closed = once(socket, 'close');
  expect((await run('member', 'deactivate', 'lin')).code).toBe(0);
  const toldAt = performance.now();
  const [code] = (await closed) as [number];
  expect(code).toBe(4501);
  expect(performance.now() - toldAt).toBeLessThan(1_000);
});

describe('a mistake on the command line', () => {
  test('is answered with what is wrong, the usage, and the exit code 2', async () => {
    const { code, out, err } = await runRelayCommand(['serve', '--prot', '1']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain("Unknown option '--prot'");
    expect(err).toContain('Usage: landline-relay');
    expect(await runRelayCommand(['serve', '--port', 'x'])).toMatchObject({
      code: 2,
      err: 'landline-relay: --port is not a port\n',
    });
  });

  test('--help shows the way', async () => {
    const { code, out } = await runRelayCommand(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('member reset-password <handle>');
  });

  test('a folder without a relay is not made into one', async () => {
    expect(await run('member', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no relay in'),
    });
    expect(existsSync(data)).toBe(false);
  });
});
