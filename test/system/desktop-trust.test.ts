/** Whom a desktop trusts, how long its session lasts, and what is left when it is over: real keys, tokens and files. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from '../../server/adapters/store-sqlite/lock.ts';
import { prepareCopy, readRights } from '../../server/adapters/store-sqlite/restore-copy.ts';
import { systemRandom } from '../../server/adapters/system-clock.ts';
import { putBackupInPlace } from '../../server/cli/restore.ts';
import { dataFiles } from '../../server/config.ts';
import {
  createGround,
  isLive,
  PASSWORD,
  type Ground,
  type RealDesktop,
  type RealRelay,
} from '../kit/real-desktop.ts';

let ground: Ground;
let relay: RealRelay;
let ada: RealDesktop;
beforeEach(async () => {
  ground = createGround();
  relay = await ground.relay();
  ada = await ground.owner(relay);
});
afterEach(() => ground.dispose());

const team = (desktop = ada): string => desktop.now.team.team.id;
const general = (): string => ada.now.channel('general').id;
const send = (text: string): Promise<{ readonly id: string }> =>
  ada.now.call('message.send', { team: team(), channel: general(), text });
/** Sends and waits for the tick. */
const say = async (text: string): Promise<string> => {
  await ada.now.call('timeline.open', { team: team(), channel: general(), at: 'end' });
  const { id } = await send(text);
  await ada.now.until(`"${text}" has its tick`, () => rowOf(id)?.delivery.state === 'sent');
  return id;
};
const rowOf = (id: string) => ada.now.messages.find((row) => row.id === id);
const wire = (desktop = ada) => desktop.now.team.team.wire;
/** Every byte of the desktop's folder. */
const onDisk = (folder: string): Buffer =>
  Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));

test('another key is a hard stop that names both; a person who replaces it goes on', async () => {
  const before = ada.now.team.team.fingerprint;
  await relay.stop();
  await send('written meanwhile');
  rmSync(join(relay.data, 'relay-key.pem'));
  await relay.start();
  const after = relay.now.fingerprint;
  expect(after).not.toBe(before);
  await ada.now.call('wire.retry', { team: team() });
  await ada.now.until('it has stopped', () => wire().state === 'stopped');
  expect(wire()).toEqual({
    state: 'stopped',
    why: 'key-changed',
    expectedKey: before,
    seenKey: after,
  });

  // Asking again asks the same key; signing in again under the old pin says so too, and says no password.
  await ada.now.call('wire.retry', { team: team() });
  await ada.now.until('it has stopped again', () => wire().state === 'stopped');
  expect(await ada.now.refused('team.sign-in-again', { team: team(), password: PASSWORD })).toEqual(
    {
      kind: 'key-mismatch',
      expectedKey: before,
      seenKey: after,
    },
  );

  const found = await ada.now.call('relay.probe', { typed: relay.address });
  const replaces = { name: ada.now.team.team.name, address: relay.address, fingerprint: before };
  expect(found).toMatchObject({ fingerprint: after, isPinnedByInvite: false, replaces });
  const id = team();
  const again = {
    address: found.address,
    fingerprint: found.fingerprint,
    handle: 'ada',
    password: PASSWORD,
    device: 'Desk',
  };
  expect(await ada.now.refused('team.sign-in', again)).toMatchObject({
    kind: 'replaces-team',
    replaces,
  });
  expect(ada.now.team.team.fingerprint).toBe(before);
  const agreed = { ...again, replaces: found.replaces?.trust };
  expect(await ada.now.call('team.sign-in', agreed)).toEqual({ team: id });
  await ada.now.until(
    'it is live again',
    () => isLive(ada) && ada.now.team.team.outbox.waiting === 0,
  );
  expect(ada.now.state.teamOrder).toEqual([id]);
  expect(ada.now.team.team.fingerprint).toBe(after);
});

test('a membership that is well is not joined twice', async () => {
  const { fingerprint, address } = ada.now.team.team;
  const refused = await ada.now.refused('team.sign-in', {
    address,
    fingerprint,
    handle: 'ada',
    password: PASSWORD,
    device: 'Desk',
  });
  expect(refused).toEqual({ kind: 'already-joined' });
  expect(ada.now.state.teamOrder).toHaveLength(1);
});

test('a session ended on another device stops this one; a sign-in brings it back with what was written', async () => {
  const laptop = await ground.desktop();
  const { address, fingerprint } = ada.now.team.team;
  await laptop.now.call('team.sign-in', {
    address,
    fingerprint,
    handle: 'ada',
    password: PASSWORD,
    device: 'Laptop',
  });
  await laptop.now.until('the laptop is live', () => isLive(laptop));
  const { sessions } = await laptop.now.call('session.list', { team: team(laptop) });
  expect(sessions.map(({ device, isThisOne }) => [device, isThisOne]).sort()).toEqual([
    ['Desk', false],
    ['Laptop', true],
  ]);
  const desk = sessions.find((session) => session.device === 'Desk');
  await laptop.now.call('session.end', { team: team(laptop), session: desk?.id ?? '' });
  await ada.now.until('the desk has stopped', () => wire().state === 'stopped');
  expect(wire()).toEqual({ state: 'stopped', why: 'session-ended' });

  await send('still mine');
  await ada.restart();
  expect(wire()).toEqual({ state: 'stopped', why: 'session-ended' });
  expect(
    await ada.now.refused('team.sign-in-again', { team: team(), password: 'wrong password' }),
  ).toMatchObject({
    kind: 'wrong-credentials',
  });
  await ada.now.call('team.sign-in-again', { team: team(), password: PASSWORD });
  await ada.now.until('all is said', () => isLive(ada) && ada.now.team.team.outbox.waiting === 0);
});

test('no token, password or code lies in the files or the log', async () => {
  await ada.close();
  const bytes = onDisk(ada.folder);
  expect(bytes.includes(PASSWORD)).toBe(false);
  // What the tests' box seals is turned round; a JWT in the clear begins like this.
  expect(bytes.includes('eyJ')).toBe(false);
  expect(JSON.stringify(ada.now.lines)).not.toMatch(/eyJ|correct horse/);
});

test('signing out keeps what was written and wipes the tokens; forgetting wipes everything', async () => {
  await say('canary-91c4 sent');
  await relay.stop();
  await send('canary-91c4 unsent');
  await ada.now.call('draft.set', { team: team(), channel: general(), text: 'canary-91c4 draft' });
  await ada.now.call('team.sign-out', { team: team(), forget: false });
  await ada.now.until(
    'it is signed out',
    () => wire().state === 'stopped' && ada.now.team.team.outbox.waiting > 0,
  );
  expect(wire()).toEqual({ state: 'stopped', why: 'signed-out' });
  expect(ada.now.team.team.outbox.waiting).toBe(1);
  await relay.start();
  await ada.restart();
  expect(wire()).toEqual({ state: 'stopped', why: 'signed-out' });
  expect(await ada.now.call('draft.get', { team: team(), channel: general() })).toEqual({
    text: 'canary-91c4 draft',
    original: null,
  });

  await ada.now.call('team.sign-in-again', { team: team(), password: PASSWORD });
  await ada.now.until('all is said', () => isLive(ada) && ada.now.team.team.outbox.waiting === 0);
  await ada.now.call('team.sign-out', { team: team(), forget: true });
  await ada.now.until('the team is gone', (state) => state.teamOrder.length === 0);
  expect(onDisk(ada.folder).includes('canary-91c4')).toBe(false);
  await ada.close();
  expect(onDisk(ada.folder).includes('canary-91c4')).toBe(false);
});

test('signing out ends the session on the relay as well', async () => {
  const laptop = await ground.desktop();
  const { address, fingerprint } = ada.now.team.team;
  await laptop.now.call('team.sign-in', {
    address,
    fingerprint,
    handle: 'ada',
    password: PASSWORD,
    device: 'Laptop',
  });
  await laptop.now.until('the laptop is live', () => isLive(laptop));
  await laptop.now.call('team.sign-out', { team: team(laptop), forget: true });
  await expect
    .poll(async () => (await ada.now.call('session.list', { team: team() })).sessions)
    .toHaveLength(1);
});

test('a relay restored from a backup is noticed: what it lost is offered again, once, and drafts and outbox stay', async () => {
  const ben = await ground.guest(ada, 'Ben');
  await say('before the backup');
  const copy = join(relay.data, 'backup.sqlite');
  await relay.now.store.backup(copy);
  const [lost, deleted] = [await say('after the backup'), await say('deleted before the loss')];
  await ada.now.call('message.edit', {
    team: team(),
    channel: general(),
    message: lost,
    text: 'after the backup, changed',
  });
  await ada.now.call('message.delete', { team: team(), channel: general(), message: deleted });
  await ada.now.until(
    'both are changed',
    () => rowOf(lost)?.editedAt !== null && rowOf(deleted)?.isDeleted === true,
  );
  await ada.now.until('all is said', () => ada.now.team.team.outbox.waiting === 0);
  await relay.stop();
  await ada.now.call('draft.set', { team: team(), channel: general(), text: 'half' });
  await restore(copy);
  await relay.start();
  for (const { now } of [ada, ben]) await now.call('wire.retry', { team: now.team.team.id });
  await ben.now.call('timeline.open', { team: team(ben), channel: general(), at: 'end' });
  const texts = (): string[] =>
    ben.now.messages.filter((row) => !row.isDeleted).map((row) => row.text);
  await ben.now.until(
    'Ben has it again',
    () => isLive(ben) && texts().includes('after the backup, changed'),
  );
  await ada.now.until(
    'Ada has said all',
    () => isLive(ada) && ada.now.team.team.outbox.waiting === 0,
  );
  // What was offered again and deleted again is gone for Ben a moment after it is for Ada.
  await expect.poll(texts).toEqual(['before the backup', 'after the backup, changed']);
  expect(await ada.now.call('draft.get', { team: team(), channel: general() })).toEqual({
    text: 'half',
    original: null,
  });

  async function restore(from: string): Promise<void> {
    const restored = putBackupInPlace({
      from,
      files: dataFiles(relay.data),
      now: Date.now(),
      prepare: (path, backup) => prepareCopy(path, backup, systemRandom),
      rights: readRights,
      lock: takeLock,
    });
    expect(restored.ok).toBe(true);
  }
});
