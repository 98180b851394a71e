/** Restoring on real files: what is taken along, what is refused, and what a kill leaves behind. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Member } from '../../protocol/entities.ts';
import { channelFeed, TEAM_FEED, type ChannelId, type Epoch } from '../../protocol/ids.ts';
import { takeLock } from '../adapters/store-sqlite/lock.ts';
import { prepareCopy, readRights } from '../adapters/store-sqlite/restore-copy.ts';
import { openSqliteStore } from '../adapters/store-sqlite/store.ts';
import { systemClock as clock, systemRandom as random } from '../adapters/system-clock.ts';
import { newId } from '../auth/new-id.ts';
import { dataFiles } from '../config.ts';
import type { Store, WriteTx } from '../ports/store.ts';
import { openTeamStore } from '../relay.ts';
import { silentLog } from '../observe/log.ts';
import { readRestored } from '../restored.ts';
import { putBackupInPlace, type RestoreParts } from './restore.ts';

let folder: string;
let data: string;
const open: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-restore-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

const opened = (path: string): Store => {
  mkdirSync(join(path, '..'), { recursive: true });
  const store = openSqliteStore({ path, clock, random });
  open.push(store);
  return store;
};
const closed = async (store: Store): Promise<void> => {
  await store.close();
  open.splice(open.indexOf(store), 1);
};
const storeFile = (): string => dataFiles(data).store;
const parts = (from: string, change: Partial<RestoreParts> = {}): RestoreParts => ({
  from,
  files: dataFiles(data),
  now: clock.now(),
  prepare: (path, backup) => prepareCopy(path, backup, random),
  rights: readRights,
  lock: takeLock,
  ...change,
});
const restore = (from: string, change?: Partial<RestoreParts>) =>
  putBackupInPlace(parts(from, change));
const startStore = () => openTeamStore({ data, postgres: null }, { clock, random, log: silentLog });

const person = (handle: string, change: Partial<Member> = {}): Member => ({
  id: newId(random),
  handle,
  name: handle,
  role: 'member',
  isActive: true,
  joinedAt: 1,
  ...change,
});
const ada = person('ada', { role: 'owner' });
const general = newId<ChannelId>(random);

async function found(store: Store, members: readonly Member[] = [ada]): Promise<void> {
  await store.write(async (tx) => {
    const limits = { memberInviteDays: 7, memberInviteUses: 25 };
    await tx.putTeam({ id: store.teamId, name: 'Night shift', createdAt: 1, ...limits });
    for (const member of members) {
      await tx.putMember(member);
      await tx.append(TEAM_FEED, { by: member.id, kind: 'member-joined', op: null, body: {} });
    }
    await tx.putChannel({
      id: general,
      kind: 'private',
      name: 'board',
      topic: '',
      isArchived: false,
      createdAt: 1,
      createdBy: ada.id,
      seq: 1,
    });
  });
}
const post = (store: Store, text: string) =>
  store.write((tx) =>
    tx.append(channelFeed(general), {
      by: ada.id,
      kind: 'posted',
      op: newId(random),
      body: { text },
    }),
  );
const textsOf = async (store: Store): Promise<readonly string[]> => {
  const feed = channelFeed(general);
  const span = { from: 1, to: await store.head(feed) };
  if (span.to === 0) return [];
  const { events } = await store.page(feed, span, { events: 100, bytes: 1e6 });
  return events.map(({ json }) => (JSON.parse(json) as { text: string }).text);
};

/** A store of a team with these messages, in order; closed. @returns its epoch */
async function storeWith(path: string, ...texts: readonly string[]): Promise<Epoch> {
  const store = opened(path);
  if (!(await store.team())) await found(store);
  for (const text of texts) await post(store, text);
  await closed(store);
  return store.epoch;
}

describe('restore', () => {
  test('gives a store a new epoch however its copy was made', async () => {
    const epoch = await storeWith(storeFile(), 'one', 'two');
    const nightly = join(folder, 'nightly.sqlite');
    copyFileSync(storeFile(), nightly);
    await storeWith(storeFile(), 'three', 'four');
    expect(restore(nightly)).toMatchObject({
      ok: true,
      value: { backup: { team: { name: 'Night shift' }, members: 1, messages: 2 } },
    });
    const store = opened(storeFile());
    expect(store.epoch).not.toBe(epoch);
    expect(await textsOf(store)).toEqual(['one', 'two']);
  });

  test('takes the log of a killed relay along', async () => {
    const copy = join(folder, 'copy');
    const killed = opened(join(folder, 'killed', 'team.sqlite'));
    await found(killed);
    await post(killed, 'only in the log');
    // The files of a relay that is killed now.
    cpSync(join(folder, 'killed'), copy, { recursive: true });
    rmSync(join(copy, 'team.sqlite.lock'), { force: true });
    expect(restore(join(copy, 'team.sqlite'))).toMatchObject({
      ok: true,
      value: { backup: { messages: 1 } },
    });
    expect(await textsOf(opened(storeFile()))).toEqual(['only in the log']);
    expect(readdirSync(data).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  test('refuses a backup that a relay is using', async () => {
    const store = opened(join(folder, 'live', 'team.sqlite'));
    await found(store);
    expect(restore(join(folder, 'live', 'team.sqlite'))).toMatchObject({
      ok: false,
      error: expect.stringContaining('in use by another relay'),
    });
  });

  test('refuses a store without a team, an empty file and a file that is none', async () => {
    await closed(opened(join(folder, 'fresh.sqlite')));
    writeFileSync(join(folder, 'empty.sqlite'), '');
    writeFileSync(join(folder, 'words.sqlite'), 'not a database '.repeat(1_000));
    await storeWith(storeFile(), 'kept');
    const before = readFileSync(storeFile());
    for (const [name, words] of [
      ['fresh.sqlite', 'holds no team'],
      ['empty.sqlite', 'holds no team'],
      ['words.sqlite', 'is damaged, or no backup'],
    ] as const)
      expect(restore(join(folder, name)), name).toMatchObject({
        ok: false,
        error: expect.stringMatching(
          new RegExp(`^Nothing was changed: ${join(folder, name)} ${words}`),
        ),
      });
    expect(readFileSync(storeFile()).equals(before)).toBe(true);
  });

  test('makes the folder of a new machine, and says so when it cannot', async () => {
    const backup = join(folder, 'backup.sqlite');
    await storeWith(backup, 'one');
    data = join(folder, 'new', 'machine');
    expect(restore(backup).ok).toBe(true);
    expect(await textsOf(opened(storeFile()))).toEqual(['one']);
    writeFileSync(join(folder, 'file'), '');
    for (const place of [join(folder, 'file'), join(folder, 'file', 'deeper')]) {
      data = place;
      expect(restore(backup)).toMatchObject({
        ok: false,
        error: expect.stringMatching(/^Nothing was changed: a file stands where the data folder/),
      });
    }
    expect(restore(folder)).toEqual({ ok: false, error: `There is no backup at ${folder}.` });
  });

  test('shows what the backup holds before it touches the store', async () => {
    await storeWith(storeFile(), 'one', 'two', 'three');
    const backup = join(folder, 'backup.sqlite');
    copyFileSync(storeFile(), backup);
    const order: string[] = [];
    restore(backup, {
      onPrepared: ({ messages, newestAt }) =>
        order.push(`messages ${messages}, newest ${typeof newestAt}`),
      onStep: (step) => order.push(step),
    });
    expect(order.slice(0, 4)).toEqual(['messages 3, newest number', 'list', 'mark', 'aside']);
    expect(order.at(-1)).toBe('place');
  });

  test('refuses the backup of another team', async () => {
    await storeWith(storeFile(), 'ours');
    await (await startStore()).close();
    const other = join(folder, 'other.sqlite');
    await storeWith(other, 'theirs');
    expect(restore(other)).toMatchObject({
      ok: false,
      error: expect.stringContaining('has held another one'),
    });
    expect(await textsOf(opened(storeFile()))).toEqual(['ours']);
  });
});

describe('a restore that is killed', () => {
  const STEPS = ['list', 'aside', 'aside-wal', 'place'] as const;

  test.each(STEPS)(
    'before "%s" never lets a relay found an empty team, and can be run again',
    async (step) => {
      const backup = join(folder, 'backup.sqlite');
      const running = opened(storeFile());
      await found(running);
      await running.backup(backup);
      await post(running, 'after the backup');
      // The files of a relay that was killed: the newest message is in the log alone.
      cpSync(data, join(folder, 'killed'), { recursive: true });
      await closed(running);
      rmSync(data, { recursive: true });
      cpSync(join(folder, 'killed'), data, { recursive: true });

      const child = spawnSync(
        process.execPath,
        [join(import.meta.dirname, '../../test/kit/killed-restore.ts'), backup, data, step],
        { encoding: 'utf8' },
      );
      expect(child.signal, child.stderr).toBe('SIGKILL');

      const started = await startStore().catch((error: unknown) => error as Error);
      if (started instanceof Error) {
        expect(started).toMatchObject({ name: 'StoreOpenFault', kind: 'team-missing' });
        expect(started.message).toContain('A restore was not finished');
      } else {
        expect(await textsOf(started)).toEqual(['after the backup']);
        await started.close();
      }

      const again = restore(backup);
      if (!again.ok) throw new Error(again.error);
      const store = opened(storeFile());
      expect(await textsOf(store)).toEqual([]);
      expect(await store.team()).toMatchObject({ name: 'Night shift' });
      // The store from before is whole: its log lies beside it.
      const aside = opened(again.value.before ?? '');
      expect(await textsOf(aside)).toEqual(['after the backup']);
    },
  );
});

describe('a relay', () => {
  test('never founds a team in a folder that has held one', async () => {
    await storeWith(storeFile(), 'one');
    await (await startStore()).close();
    rmSync(storeFile());
    await expect(startStore()).rejects.toMatchObject({ kind: 'team-missing' });
    expect(existsSync(storeFile())).toBe(false);
    writeFileSync(storeFile(), '');
    await expect(startStore()).rejects.toMatchObject({ kind: 'team-missing' });
    rmSync(storeFile());
    await storeWith(storeFile(), 'of another team');
    await expect(startStore()).rejects.toMatchObject({ kind: 'other-team' });
  });
});

describe('what a restore brought back to life', () => {
  const mateo = person('mateo', { role: 'admin' });
  const lin = person('lin');

  async function lived(): Promise<string> {
    const backup = join(folder, 'backup.sqlite');
    const store = opened(storeFile());
    await found(store, [ada, mateo, lin]);
    const session = {
      id: newId(random),
      member: mateo.id,
      device: 'Lost laptop',
      createdAt: 1,
      lastSeenAt: 1,
      endedAt: null,
      refreshHash: 'aa',
      rotation: 0,
      refreshExpiresAt: Number.MAX_SAFE_INTEGER,
    } as unknown as Parameters<WriteTx['putSession']>[0];
    const invite = {
      id: 'an-invite',
      codeHash: 'bb',
      role: 'member' as const,
      createdBy: null,
      createdAt: 1,
      expiresAt: Number.MAX_SAFE_INTEGER,
      usesLeft: 3,
    };
    await store.write(async (tx) => {
      await tx.putSession(session);
      await tx.putInvite(invite);
      await tx.addToChannel(general, mateo.id, { readSeq: 1, level: 'all' });
    });
    await store.backup(backup);
    await store.write(async (tx) => {
      await tx.putSession({ ...session, endedAt: 2 });
      await tx.removeInvite(invite.id);
      await tx.removeFromChannel(general, mateo.id);
      await tx.putMember({ ...mateo, role: 'guest' });
      await tx.putMember({ ...lin, isActive: false });
    });
    await closed(store);
    return backup;
  }

  test('is found by comparing it with the store from before, and kept for the operator', async () => {
    const done = restore(await lived());
    const member = { id: mateo.id, handle: 'mateo', name: 'mateo' };
    const expected = {
      isCompared: true,
      members: [{ id: lin.id, handle: 'lin', name: 'lin' }],
      roles: [{ ...member, role: 'admin', ended: 'guest' }],
      sessions: [{ id: expect.any(String), device: 'Lost laptop', member }],
      memberships: [{ channel: general, name: 'board', member }],
      invites: [{ id: 'an-invite', role: 'member', uses: 3, expiresAt: Number.MAX_SAFE_INTEGER }],
    };
    expect(done).toMatchObject({ ok: true, value: { restored: expected } });
    expect(readRestored(dataFiles(data).restored)).toEqual(expected);
  });

  test('stays listed after a second restore', async () => {
    const backup = await lived();
    restore(backup);
    const again = restore(backup);
    expect(again).toMatchObject({ ok: true, value: { restored: { members: [], sessions: [] } } });
    expect(readRestored(dataFiles(data).restored)?.members).toHaveLength(1);
  });

  test('is every open invite where there is no store to compare with', async () => {
    const backup = await lived();
    data = join(folder, 'new machine');
    expect(restore(backup)).toMatchObject({
      ok: true,
      value: { restored: { isCompared: false, members: [], invites: [{ id: 'an-invite' }] } },
    });
  });
});
