import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseInviteLink } from '../../protocol/invite-link.ts';
import { createAuthKit, FROM, PASSWORD, type AuthKit } from '../../test/kit/auth-kit.ts';
import { silentLog } from '../observe/log.ts';
import { reachOperator } from './control-client.ts';
import { controlPath } from './control-path.ts';
import { listenForOperator, type ControlServer } from './control-server.ts';
import { writeRestored, type Restored } from '../restored.ts';
import { createOperator, type Operator } from './operator.ts';

let kit: AuthKit;
let folder: string;
let path: string;
let control: ControlServer;
let operator: Operator;
let blobsAt: string | null;
beforeEach(async () => {
  kit = createAuthKit();
  folder = mkdtempSync(join(tmpdir(), 'landline-control-'));
  path = controlPath(folder);
  blobsAt = null;
  const identity = { addresses: () => ['10.0.0.5:7420'], fingerprint: 'ab'.repeat(32) };
  operator = createOperator({
    store: kit.store,
    auth: kit.auth,
    identity,
    blobsAt: () => blobsAt,
    restoredFile: join(folder, 'restored.json'),
    log: silentLog,
    startedAt: 1,
  });
  control = await listenForOperator(path, operator, silentLog);
});
afterEach(async () => {
  await control.close();
  rmSync(folder, { recursive: true });
  await kit.dispose();
});

async function say(bytes: string): Promise<string> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.write(bytes);
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += part as string;
  return answer;
}

describe('the control socket', () => {
  test("is for the relay's own account alone, and gone when the relay is", async () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await control.close();
    expect(existsSync(path)).toBe(false);
    expect(await reachOperator(path)).toBeUndefined();
    control = await listenForOperator(path, operator, silentLog);
  });

  test("takes the place of a dead relay's", async () => {
    await control.close();
    writeFileSync(path, 'left behind');
    expect(await reachOperator(path)).toBeUndefined();
    control = await listenForOperator(path, operator, silentLog);
    expect(await (await reachOperator(path))?.run({ command: 'members' })).toEqual({
      ok: true,
      value: [],
    });
  });

  test.each([
    ['no JSON', 'hello\n'],
    ['no command', '{}\n'],
    ['an unknown command', '{"command":"rm -rf"}\n'],
    ['a field more', '{"command":"members","as":"root"}\n'],
    ['a check of the whole store, which would hold up everything else', '{"command":"audit"}\n'],
    ['a wrong type', '{"command":"backup","path":5}\n'],
    ['__proto__', '{"command":"members","__proto__":{"x":1}}\n'],
    ['a relative path', '{"command":"backup","path":"b.sqlite"}\n'],
  ])('answers %s with what is wrong', async (_what, bytes) => {
    expect(JSON.parse(await say(bytes))).toMatchObject({
      ok: false,
      error: { kind: 'bad-command', message: expect.any(String) },
    });
  });

  test('hangs up on somebody who never ends the line', async () => {
    expect(await say('x'.repeat(70_000))).toBe('');
    expect((await reachOperator(path))?.run).toBeTypeOf('function');
  });

  test('is short enough for the system however deep the folder is', async () => {
    const deep = join(folder, 'a-folder-with-quite-a-long-name-indeed/'.repeat(4));
    const near = controlPath(deep, 'linux');
    expect(Buffer.byteLength(near)).toBeLessThan(104);
    expect(near).not.toBe(controlPath(`${deep}x`, 'linux'));
    expect(controlPath('/srv/landline', 'linux')).toBe('/srv/landline/control.sock');
    expect(controlPath('/srv/landline', 'win32')).toMatch(/^\\\\\.\\pipe\\landline-[0-9a-f]{24}$/);
    const far = await listenForOperator(near, operator, silentLog);
    expect(statSync(join(near, '..')).mode & 0o777).toBe(0o700);
    expect(await (await reachOperator(near))?.run({ command: 'members' })).toMatchObject({
      ok: true,
    });
    await far.close();
    rmSync(join(near, '..'), { recursive: true });
  });
});

describe('the operator', () => {
  const reach = async (): Promise<Operator> => {
    const reached = await reachOperator(path);
    if (!reached) throw new Error('nobody there');
    return reached;
  };

  test('gets a fresh setup link until there is a team, then invites', async () => {
    const ask = { command: 'invite', role: 'member', days: 7, uses: 1 } as const;
    const first = await (await reach()).run(ask);
    const second = await (await reach()).run(ask);
    if (!first.ok || !second.ok) throw new Error('refused');
    expect([first.value.purpose, second.value.purpose]).toEqual(['setup', 'setup']);
    const [old, fresh] = [parseInviteLink(first.value.link), parseInviteLink(second.value.link)];
    if (!old.ok || !fresh.ok) throw new Error('no link');
    const who = { team: 'T', name: 'Ada', handle: 'ada', password: PASSWORD, device: 'x' };
    expect((await kit.auth.accounts.setup({ code: old.value.code, ...who }, FROM)).ok).toBe(false);
    expect((await kit.auth.accounts.setup({ code: fresh.value.code, ...who }, FROM)).ok).toBe(true);
    const third = await (await reach()).run(ask);
    expect(third).toMatchObject({ ok: true, value: { purpose: 'join', role: 'member' } });
    expect(await kit.store.invites()).toMatchObject([
      { createdBy: (await kit.store.members())[0]?.id },
    ]);
  });

  test('tells every desktop what it changed', async () => {
    await kit.found();
    const told: string[] = [];
    kit.store.onCommitted((events) =>
      told.push(...events.map(({ json }) => (JSON.parse(json) as { kind: string }).kind)),
    );
    const added = await operator.run({
      command: 'add-member',
      handle: 'lin',
      name: 'Lin',
      role: 'member',
    });
    if (!added.ok) throw new Error(added.error.message);
    const lin = await kit.auth.accounts.signIn(
      { handle: 'lin', password: added.value.password, device: 'x' },
      FROM,
    );
    await operator.run({ command: 'set-role', who: 'lin', role: 'admin' });
    await operator.run({ command: 'set-role', who: 'lin', role: 'admin' });
    await operator.run({ command: 'set-active', who: added.value.member.id, isActive: false });
    expect(told.filter((kind) => !kind.includes('joined'))).toEqual([
      'session-started',
      'member-changed',
      'session-ended',
      'member-changed',
    ]);
    expect(lin.ok && (await kit.auth.sessions.admit(lin.value.tokens.access)).ok).toBe(false);
  });

  test('is told when a backup cannot be made, and nothing half is left', async () => {
    const result = await operator.run({
      command: 'backup',
      path: join(folder, 'no-such-folder', 'b.sqlite'),
    });
    expect(result).toMatchObject({ ok: false, error: { kind: 'failed' } });
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  test('is told with a backup where the blobs are that are not in it', async () => {
    const copy = (name: string) => operator.run({ command: 'backup', path: join(folder, name) });
    expect(await copy('one.sqlite')).toMatchObject({ value: { blobs: null } });
    blobsAt = '/mnt/blobs';
    expect(await copy('two.sqlite')).toMatchObject({ value: { blobs: '/mnt/blobs' } });
  });

  test('ends again what a restore brought back to life', async () => {
    const { member: ada } = await kit.found();
    const added = await operator.run({
      command: 'add-member',
      handle: 'lin',
      name: 'Lin',
      role: 'admin',
    });
    if (!added.ok) throw new Error(added.error.message);
    const { password } = added.value;
    const from = { address: '10.0.0.8' };
    const signedIn = await kit.auth.accounts.signIn({ handle: 'lin', password, device: 'x' }, from);
    if (!signedIn.ok) throw new Error(signedIn.error.kind);
    const made = await kit.auth.invites.create({
      role: 'member',
      days: 1,
      uses: 2,
      createdBy: null,
    });
    const lin = { id: added.value.member.id, handle: 'lin', name: 'Lin' };
    const list: Restored = {
      isCompared: true,
      members: [{ id: ada.id, handle: 'ada', name: 'Ada Okafor' }],
      roles: [{ ...lin, role: 'admin', ended: 'guest' }],
      sessions: [{ id: signedIn.value.session, device: 'x', member: lin }],
      memberships: [],
      invites: [{ id: made.invite.id, role: 'member', uses: 2, expiresAt: made.invite.expiresAt }],
    };
    writeRestored(join(folder, 'restored.json'), list);
    expect(await operator.run({ command: 'restored' })).toEqual({ ok: true, value: list });

    // The only owner stays, and stays in the list.
    const left = { ...list, roles: [], sessions: [], invites: [] };
    expect(await operator.run({ command: 'end-restored' })).toEqual({
      ok: true,
      value: { ended: 3, left },
    });
    expect(await kit.store.member(lin.id)).toMatchObject({ role: 'guest', isActive: true });
    expect(await kit.auth.sessions.list(lin.id)).toEqual([]);
    expect(await kit.auth.invites.list()).toEqual([]);
    expect(await operator.run({ command: 'restored' })).toEqual({ ok: true, value: left });

    await operator.run({ command: 'set-role', who: 'lin', role: 'owner' });
    expect(await operator.run({ command: 'end-restored' })).toMatchObject({
      value: { ended: 1, left: null },
    });
    expect(await kit.store.member(ada.id)).toMatchObject({ isActive: false });
    expect(await operator.run({ command: 'restored' })).toEqual({ ok: true, value: null });
  });

  test('is told in plain words when something breaks', async () => {
    const broken = {
      ...kit.store,
      members: () => Promise.reject(new Error('SELECT secret')),
    } as never;
    const sick = createOperator({
      store: broken,
      auth: kit.auth,
      identity: { addresses: () => [], fingerprint: null },
      blobsAt: () => null,
      restoredFile: join(folder, 'restored.json'),
      log: silentLog,
      startedAt: 1,
    });
    expect(await sick.run({ command: 'members' })).toEqual({
      ok: false,
      error: { kind: 'failed', message: 'Something broke; the log says what.' },
    });
  });

  test('hears it when the relay goes in the middle of a command', async () => {
    const gone = await reach();
    const never = { run: () => new Promise<never>(() => undefined) };
    const other = await listenForOperator(join(folder, 'other.sock'), never, silentLog);
    const asked = await reachOperator(join(folder, 'other.sock'));
    const answer = asked?.run({ command: 'members' });
    const socket = connect(join(folder, 'other.sock'));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    await other.close();
    expect(await answer).toMatchObject({ ok: false, error: { kind: 'failed' } });
    expect((await gone.run({ command: 'members' })).ok).toBe(true);
  });
});
