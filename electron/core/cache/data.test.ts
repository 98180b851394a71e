/** The two files of a desktop under every kind of mishap. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pagesOf } from '../../../test/kit/damage.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import type { Mutation } from '../../../protocol/frames-up.ts';
import type { Log } from '../ports.ts';
import { openData, type Data } from './data.ts';
import type { TeamRecord } from './ledger-rows.ts';
import { DatabaseFromFuture, migrate } from './migrate.ts';
import { openSqlite, SqliteFailure } from './sqlite.ts';

const clock = createFakeClock(1_000);
const lines: string[] = [];
const log: Log = {
  info: () => undefined,
  warn: (event) => lines.push(event),
  error: (event) => lines.push(event),
};
let dir = '';
let open: Data | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landline-data-'));
  lines.length = 0;
});
afterEach(() => {
  open?.close();
  open = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const opened = (): Data => (open = openData({ dir, clock, log }));
function closed(): void {
  open?.close();
  open = undefined;
}

const RECORD: Omit<TeamRecord, 'key'> = {
  id: 'local',
  place: 0,
  address: 'relay:7420',
  fingerprint: 'ab'.repeat(32),
  relayTeam: 'team',
  name: 'Night shift',
  me: 'ada',
  handle: 'ada',
  displayName: 'Ada',
  role: 'member',
  device: 'Desk',
  session: 'session',
  presence: 'here',
  isHostedHere: false,
  standing: 'in',
  epoch: null,
  sealedAccess: new Uint8Array([1, 2]),
  sealedRefresh: new Uint8Array([3]),
  memberInviteDays: 7,
  memberInviteUses: 25,
  accessExpiresAt: 5,
};
const CHANNEL = '0190a000-0000-7000-8000-00000000000c';
const opOf = (n: number): string => `0190a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const frame = (op: string, text: string): Mutation =>
  ({ t: 'post', op, channel: CHANNEL, text }) as unknown as Mutation;

/** A desktop with things in both files; enough in the outbox to fill pages. */
const DRAFT = { channel: 'c', message: null, text: 'half a sentence', original: null, at: 1 };
const NAME = { kind: 'private', name: 'plans', people: [] as string[] } as const;

function fill(data: Data, messages = 400): void {
  const team = data.ledger.rows.addTeam(RECORD);
  data.ledger.db.transaction('fill', () => {
    for (let n = 0; n < messages; n++) {
      const row = {
        lane: 'l',
        channel: 'c',
        message: `m${n}`,
        at: n,
        state: 'waiting',
        why: null,
        isOffer: false,
      } as const;
      data.ledger.outbox.add(team.key, {
        ...row,
        op: opOf(n),
        frame: frame(opOf(n), `words ${n} `.repeat(20)),
      });
    }
    data.ledger.drafts.put(team.key, DRAFT);
    data.ledger.drafts.putName(team.key, 'c', NAME);
    data.ledger.rows.putSetting('settings', '{}');
  });
  const cache = data.cache();
  cache.db.transaction('fill', () => {
    cache.teams.putSync(team.key, { epoch: null, teamSeq: 1, memberSeq: 1 });
    for (let seq = 1; seq <= 400; seq++) {
      cache.messages.put(team.key, 1, {
        seq,
        id: `m${seq}`,
        author: 'ben',
        at: seq,
        text: 'x'.repeat(200),
        editSeq: 0,
        editedAt: null,
        isDeleted: false,
        calls: 0,
      });
    }
  });
}

/** Overwrites the middle of a file with noise. */
function scribble(name: string, from: number, length: number): void {
  const file = openSync(join(dir, name), 'r+');
  writeSync(file, Buffer.alloc(length, 0x5a), 0, length, from);
  closeSync(file);
}

const files = (): string[] => readdirSync(dir).sort();

describe('a healthy folder', () => {
  test('keeps everything across a close, each file with the durability it needs', () => {
    fill(opened());
    expect(open?.ledger.db.pragma('synchronous')).toBe(2);
    expect(open?.cache().db.pragma('synchronous')).toBe(1);
    expect([
      open?.ledger.db.pragma('journal_mode'),
      open?.cache().db.pragma('journal_mode'),
    ]).toEqual(['wal', 'wal']);
    closed();
    const { ledger } = opened();
    expect(ledger.rows.teams()).toEqual([
      { ...RECORD, key: 1, sealedAccess: Buffer.from([1, 2]), sealedRefresh: Buffer.from([3]) },
    ]);
    expect(ledger.outbox.all(1).map((row) => row.n)).toEqual(
      Array.from({ length: 400 }, (_, index) => index + 1),
    );
    expect(open?.cache().messages.lastAt(1, 1)).toBe(400);
    expect(open?.findings).toEqual([]);
  });

  test('belongs to its owner alone', () => {
    opened();
    closed();
    rmSync(dir, { recursive: true });
    opened();
    expect(statSync(dir).mode & 0o077).toBe(0);
  });

  test('a number of the outbox is never given twice, nor the key of a team', () => {
    const { ledger } = opened();
    fill(open as Data, 3);
    ledger.rows.removeTeam(1);
    expect(ledger.outbox.all(1)).toEqual([]);
    const team = ledger.rows.addTeam(RECORD);
    const row = ledger.outbox.add(team.key, {
      op: 'o',
      lane: 'l',
      channel: 'c',
      message: null,
      frame: frame('o', ''),
      at: 0,
      state: 'waiting',
      why: null,
      isOffer: false,
    });
    expect([team.key, row.n]).toEqual([2, 4]);
  });

  test('is opened by one process at a time, and freed when that one dies', () => {
    opened();
    const script = `
      import { openData } from ${JSON.stringify(join(import.meta.dirname, 'data.ts'))};
      const clock = { now: () => 1, monotonic: () => 1, after: () => () => undefined };
      const log = { info() {}, warn() {}, error() {} };
      try { openData({ dir: ${JSON.stringify(dir)}, clock, log }); console.log('opened'); } catch (error) { console.log(error.fault); }`;
    const inOtherProcess = (): string =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
      }).trim();
    expect(inOtherProcess()).toBe('in-use');
    closed();
    expect(inOtherProcess()).toBe('opened');
    expect(opened().ledger.rows.teams()).toEqual([]);
  });
});

describe('a damaged cache', () => {
  test.each([
    [
      'that is no database at all',
      () =>
        writeFileSync(
          join(dir, 'cache.db'),
          'not a database, but long enough to be read as one '.repeat(100),
        ),
    ],
    ['with a scribbled schema', () => scribble('cache.db', 100, 3_000)],
    ['cut off in the middle', () => truncateSync(join(dir, 'cache.db'), 4_096 * 2)],
  ])('%s is put aside and started empty; outbox and drafts stay', (_what, damage) => {
    fill(opened());
    closed();
    damage();
    // As after a crash: then the file is read through before it is trusted.
    writeFileSync(join(dir, 'cache.db-wal'), '');
    const data = opened();
    expect(data.findings).toEqual([{ kind: 'cache-rebuilt' }]);
    expect(data.cache().messages.lastAt(1, 1)).toBe(0);
    expect(data.ledger.outbox.all(1)).toHaveLength(400);
    expect(data.ledger.drafts.all(1)).toEqual([DRAFT]);
    expect(files()).toContain('cache.db.damaged-1000');
    expect(lines).toContain('data.put-aside');
  });

  test('met in use is a failure that names the damage, and can be rebuilt without closing', () => {
    fill(opened());
    closed();
    const path = join(dir, 'cache.db');
    for (const { number } of pagesOf(path).filter(({ tree }) => tree === 'message'))
      scribble('cache.db', (number - 1) * 4_096, 4_096);
    const data = opened();
    const read = (): unknown => data.cache().messages.older(1, 1, 1_000, 0, 500);
    expect(read).toThrow(SqliteFailure);
    expect(read).toThrow(
      expect.objectContaining({ fault: 'damaged', path: join(dir, 'cache.db') }),
    );
    data.rebuildCache();
    expect(read()).toEqual([]);
  });
});

describe('a damaged ledger', () => {
  test('gives up the rows on the broken page and no others', () => {
    fill(opened());
    closed();
    const before = new Database(join(dir, 'ledger.db'), { readonly: true });
    const pages = before
      .prepare<[], { pageno: number }>(
        `SELECT pageno FROM dbstat WHERE name = 'outbox' AND pagetype = 'leaf' ORDER BY pageno`,
      )
      .all();
    before.close();
    scribble('ledger.db', ((pages[Math.floor(pages.length / 2)]?.pageno ?? 0) - 1) * 4_096, 4_096);

    const { ledger } = opened();
    const kept = ledger.outbox.all(1);
    expect(kept.length).toBeGreaterThan(300);
    expect(kept.length).toBeLessThan(400);
    expect(kept[0]?.frame).toEqual(frame(opOf(0), 'words 0 '.repeat(20)));
    expect(kept.at(-1)?.op).toBe(opOf(399));
    expect(ledger.rows.teams()).toHaveLength(1);
    expect(ledger.drafts.all(1)).toEqual([DRAFT]);
    expect(ledger.drafts.names(1)).toEqual(new Map([['c', NAME]]));
    expect(files()).toContain('ledger.db.damaged-1000');
  });

  test('of which nothing can be read is started anew, and kept aside', () => {
    fill(opened());
    closed();
    writeFileSync(join(dir, 'ledger.db'), Buffer.alloc(40_960, 0x5a));
    expect(opened().ledger.rows.teams()).toEqual([]);
    expect(files()).toContain('ledger.db.damaged-1000');
    expect(lines).toContain('ledger.lost');
    // The next team gets the lost one's key: it must not find its words.
    expect(open?.ledger.rows.addTeam(RECORD).key).toBe(1);
    expect(open?.cache().messages.lastAt(1, 1)).toBe(0);
  });
});

describe('migrations', () => {
  test.each(['cache.db', 'ledger.db'])(
    'a %s from the future is refused and not touched',
    (name) => {
      fill(opened());
      closed();
      const db = new Database(join(dir, name));
      db.exec('CREATE TABLE to_come (x)');
      db.pragma('user_version = 99');
      db.close();
      const before = readFileSync(join(dir, name));
      expect(opened).toThrow(DatabaseFromFuture);
      expect(opened).toThrow(expect.objectContaining({ found: 99, known: 1 }));
      expect(readFileSync(join(dir, name)).equals(before)).toBe(true);
      expect(existsSync(join(dir, `${name}.damaged-1000`))).toBe(false);
    },
  );

  test('a step that fails leaves the step before it', () => {
    const db = openSqlite({
      path: join(dir, 'm.db'),
      clock,
      log,
      synchronous: 'NORMAL',
      isExclusive: false,
    });
    const first = { number: 1, sql: 'CREATE TABLE a (x)' };
    expect(() =>
      migrate(db, [first, { number: 2, sql: 'CREATE TABLE b (x); CREATE TABLE a (x)' }]),
    ).toThrow(expect.objectContaining({ fault: 'misfit' }));
    expect(db.pragma('user_version')).toBe(1);
    migrate(db, [first, { number: 2, sql: 'CREATE TABLE b (x)' }]);
    expect(db.pragma('user_version')).toBe(2);
    db.close();
  });
});

test('a statement that is slow is logged by its name, without its values', () => {
  const slow = {
    ...clock,
    monotonic: (() => {
      let at = 0;
      return () => (at += 9);
    })(),
  };
  const said: unknown[] = [];
  const db = openSqlite({
    path: ':memory:',
    clock: slow,
    log: { ...log, warn: (...all) => said.push(all) },
    synchronous: 'NORMAL',
    isExclusive: false,
  });
  db.prepare<readonly [string], { readonly x: string }>('some.statement', 'SELECT ? AS x').get(
    'a secret',
  );
  expect(said).toEqual([['sqlite.slow', { statement: 'some.statement', ms: 9 }]]);
  db.close();
});
