/**
 * A table of damages to the two files. After each the files open, say what happened, and give
 * back every row that was not damaged.
 */
import {
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
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createChance } from '../../../test/kit/chance.ts';
import {
  flipBit,
  noise,
  objectsOf,
  overwritePage,
  pageCount,
  pagesOf,
  PAGE_BYTES,
  readPage,
  runSql,
  withBitFlipped,
  zeros,
} from '../../../test/kit/damage.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import type { Mutation } from '../../../protocol/frames-up.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Log } from '../ports.ts';
import { openData, type Data, type Finding } from './data.ts';
import { LEDGER_TABLES } from './ledger-form.ts';
import type { TeamRecord } from './ledger-rows.ts';
import { openCacheFile } from './open-cache.ts';
import { SqliteFailure } from './sqlite.ts';

const clock = createFakeClock(1_000);
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'landline-damages-'));
const sound = join(base, 'sound');
let dir = '';
let data: Data | undefined;
let runs = 0;

const CHANNEL = '0190a000-0000-7000-8000-00000000000c';
const MEMBER = '0190a000-0000-7000-8000-00000000000d';
const op = (n: number): string => `0190a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const TEAMS = [1, 2].map((key): TeamRecord => ({
  key,
  id: `team-${key}`,
  place: key,
  address: `relay-${key}:7420`,
  fingerprint: 'ab'.repeat(32),
  relayTeam: `relay-team-${key}`,
  name: 'Night shift',
  memberInviteDays: 7,
  memberInviteUses: 25,
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
  sealedAccess: Buffer.from('access'),
  sealedRefresh: Buffer.from('refresh'),
  accessExpiresAt: 5,
}));
const MESSAGES = Array.from({ length: 40 }, (_, n) => ({
  team: (n % 2) + 1,
  op: op(n),
  // One is longer than a page, and so stands on pages of its own.
  text: n === 20 ? `message ${n}; `.repeat(900) : `message ${n}; `.repeat(12),
}));
const DRAFTS = Array.from({ length: 30 }, (_, n) => ({
  team: (n % 2) + 1,
  channel: op(1_000 + n),
  text: `draft ${n}; `.repeat(20),
}));

function fill({ ledger, cache }: Data): void {
  ledger.db.transaction('fill', () => {
    for (const { key: _key, ...record } of TEAMS) ledger.rows.addTeam(record);
    for (const { team, op: id, text } of MESSAGES)
      ledger.outbox.add(team, {
        op: id,
        lane: 'l',
        channel: CHANNEL,
        message: id,
        frame: { t: 'post', op: id, channel: CHANNEL, text } as unknown as Mutation,
        at: 1,
        state: 'waiting',
        why: null,
        isOffer: false,
      });
    for (let n = 100; n < 140; n++)
      ledger.outbox.journal(1, {
        op: op(n),
        n,
        channel: CHANNEL,
        message: op(n),
        frame: { t: 'post', op: op(n), channel: CHANNEL, text: 'sent' } as unknown as Mutation,
        at: 1,
        trust: `key:${'ab'.repeat(32)}`,
      });
    for (const { team, channel, text } of DRAFTS)
      ledger.drafts.put(team, { channel, message: null, text, original: null, at: 1 });
    ledger.rows.putSetting('settings', JSON.stringify({ theme: 'dark' }));
  });
  const { db, teams, channels, messages, log } = cache();
  db.transaction('fill', () => {
    for (const record of TEAMS)
      teams.putCopy(
        record.key,
        JSON.stringify({ ...record, sealedAccess: null, sealedRefresh: null, accessExpiresAt: 0 }),
      );
    teams.putSync(1, { epoch: null, teamSeq: 1, memberSeq: 1 });
    for (let n = 0; n < 30; n++)
      teams.putMember(1, {
        id: op(n) as never,
        handle: `m${n}`,
        name: `Member ${n}`,
        role: 'member',
        isActive: true,
        joinedAt: 1,
      });
    const facts = {
      id: CHANNEL as never,
      kind: 'group' as const,
      name: '',
      topic: '',
      isArchived: false,
      createdAt: 1,
      createdBy: MEMBER as never,
      members: [MEMBER as never],
      seq: 1,
    };
    const key = channels.put(1, facts, true);
    channels.putMark(1, key, { readSeq: 1, level: 'all' });
    channels.putSummary(1, key, {
      head: 60,
      readSeq: 1,
      mask: 7,
      unread: 0,
      mentions: 0,
      lastAt: 1,
    });
    for (let seq = 1; seq <= 60; seq++)
      messages.put(1, key, {
        seq,
        id: op(seq),
        author: MEMBER,
        at: 1,
        text: `words ${seq}`.repeat(8),
        editSeq: 0,
        editedAt: null,
        isDeleted: false,
        calls: 0,
      });
    log.putNote(1, key, { seq: 61, part: 0, at: 1, by: MEMBER, note: '{"kind":"created"}' });
    log.putRaw(1, key, 62, '{"seq":62,"at":1,"by":"x","kind":"to-come"}');
    log.putEarly(1, key, op(99), { seq: 63, at: 1, text: 'early' });
    log.putInterval(1, key, { from: 1, to: 63 });
    teams.putDecision(1, op(1), { at: 1, rule: 1, reason: 'r', outcome: 'dot' });
  });
}

/** Everything that a desktop reads of its cache sooner or later. */
function readCache(from: Data): void {
  const { channels, messages, log, teams } = from.cache();
  for (const { key } of TEAMS) {
    teams.sync(key);
    teams.members(key);
    log.intervals(key);
    for (const channel of channels.all(key)) {
      const all = messages.older(key, channel.key, 1e9, 0, 1_000);
      for (const { id } of all) messages.byId(key, channel.key, id);
      log.olderNotes(key, channel.key, 1e9, 0, 1_000);
      log.takeEarly(key, channel.key, op(99));
      messages.count(key, channel.key, 0, 'ada', 7);
    }
    teams.decision(key, op(1));
  }
}

const open = (): Data => (data = openData({ dir, clock, log: silent }));
const kinds = (from: Data): readonly Finding['kind'][] => from.findings.map(({ kind }) => kind);
const ledgerPath = (): string => join(dir, 'ledger.db');
const cachePath = (): string => join(dir, 'cache.db');

interface Kept {
  readonly teams: readonly string[];
  readonly messages: ReadonlyMap<string, string>;
  readonly drafts: ReadonlyMap<string, string>;
}

const kept = ({ ledger }: Data): Kept => ({
  teams: ledger.rows.teams().map(({ id }) => id),
  messages: new Map(
    TEAMS.flatMap(({ key }) => ledger.outbox.all(key)).map((row) => [
      row.op,
      row.frame.t === 'post' ? row.frame.text : '',
    ]),
  ),
  drafts: new Map(
    TEAMS.flatMap(({ key }) => ledger.drafts.all(key)).map(({ channel, text }) => [channel, text]),
  ),
});

/** Holds what is there against all that was there but for what stood on the damaged bytes. */
function expectAllBut(found: Kept, damaged: string): void {
  const isSpared = (...marks: readonly string[]): boolean =>
    !marks.some((mark) => damaged.includes(mark));
  const lost: string[] = [];
  for (const { op: id, text } of MESSAGES)
    if (isSpared(id, text.slice(0, 12)) && found.messages.get(id) !== text)
      lost.push(text.slice(0, 12));
  for (const { channel, text } of DRAFTS)
    if (isSpared(channel) && found.drafts.get(channel) !== text) lost.push(text.slice(0, 10));
  expect(lost).toEqual([]);
  expect(found.teams).toEqual(['team-1', 'team-2']);
}

beforeAll(() => {
  dir = sound;
  fill(open());
  data?.close();
  data = undefined;
});
beforeEachRun();
afterAll(() => rmSync(base, { recursive: true, force: true }));

function beforeEachRun(): void {
  afterEach(() => {
    data?.close();
    data = undefined;
  });
}

/** A fresh copy of the sound files. */
function renew(): void {
  data?.close();
  data = undefined;
  if (dir !== sound) rmSync(dir, { recursive: true, force: true });
  dir = join(base, `run-${++runs}`);
  cpSync(sound, dir, { recursive: true });
}

/**
 * The frames of the log, of 24 bytes and a page each behind its header, of which this stretch is
 * a part.
 */
function framesAt(log: string, page: number): string {
  const frame = PAGE_BYTES + 24;
  const first = Math.max(0, Math.floor(((page - 1) * PAGE_BYTES - 32) / frame));
  const last = Math.floor((page * PAGE_BYTES - 1 - 32) / frame);
  // A frame that follows a damaged head cannot be held against it.
  return readFileSync(log)
    .subarray(32 + first * frame, 32 + (last + 2) * frame)
    .toString('latin1');
}

const FILLS = [
  ['zeros', () => zeros()],
  ['noise', (n: number) => noise(createChance(`damage/${n}`))],
] as const;

describe('a ledger', () => {
  test.each(FILLS)(
    'with any one page overwritten by %s keeps every row on the others',
    (_, fillOf) => {
      renew();
      const pages = pagesOf(ledgerPath());
      for (let page = 1; page <= pageCount(ledgerPath()); page++) {
        renew();
        const damaged = readPage(ledgerPath(), page).toString('latin1');
        const { tree } = pages.find(({ number }) => number === page) ?? { tree: '' };
        overwritePage(ledgerPath(), page, fillOf(page));
        const opened = open();
        expectAllBut(kept(opened), tree === 'outbox' || tree === 'draft' ? damaged : '');
        expect(kinds(opened), `page ${page} of ${tree}`).toContain('ledger-mended');
        expect(opened.cache().messages.older(1, 1, 1e9, 0, 1_000)).toHaveLength(60);
      }
    },
  );

  test.each(FILLS)(
    'whose log has any one page overwritten by %s keeps what the others hold',
    (_, fillOf) => {
      renew();
      // As a crash leaves it: all that was committed stands in the log.
      const crashed = join(base, 'crashed');
      rmSync(crashed, { recursive: true, force: true });
      const running = openData({ dir, clock, log: silent });
      for (const { team, channel, text } of DRAFTS)
        running.ledger.drafts.put(team, {
          channel,
          message: null,
          text: `${text}!`,
          original: null,
          at: 2,
        });
      cpSync(dir, crashed, { recursive: true, filter: (from) => !from.endsWith('-shm') });
      running.close();
      const log = (): string => `${ledgerPath()}-wal`;
      const count = pageCount(join(crashed, 'ledger.db-wal'));
      expect(count).toBeGreaterThan(20);
      // Damage at the very end cannot be told from a write that a crash cut short.
      for (let page = 1; page < count - 1; page += 7) {
        renew();
        rmSync(dir, { recursive: true });
        cpSync(crashed, dir, { recursive: true });
        const framesHit = framesAt(log(), page);
        overwritePage(log(), page, fillOf(page));
        const opened = open();
        const found = kept(opened);
        expect(found.messages.size).toBe(MESSAGES.length);
        // Where the newest state of a page is lost, the one before it is there.
        const stale = DRAFTS.filter(
          ({ channel, text }) => found.drafts.get(channel) !== `${text}!`,
        );
        expect(stale.filter(({ text }) => !framesHit.includes(`${text}!`))).toEqual([]);
        expect(stale.filter(({ channel, text }) => found.drafts.get(channel) !== text)).toEqual([]);
        expect(kinds(opened)).toContain('ledger-mended');
      }
    },
  );

  test('with any single bit flipped opens, and has what the flip left readable', () => {
    const chance = createChance('bits');
    renew();
    const bits = pageCount(ledgerPath()) * PAGE_BYTES * 8;
    for (let n = 0; n < 40; n++) {
      renew();
      flipBit(ledgerPath(), chance.int(0, bits - 1));
      const { messages, drafts, teams } = kept(open());
      expect(teams).toHaveLength(2);
      expect(messages.size + drafts.size).toBeGreaterThanOrEqual(
        MESSAGES.length + DRAFTS.length - 2,
      );
    }
  });

  test('without any one of its tables or indexes keeps all others', () => {
    renew();
    const objects = objectsOf(ledgerPath());
    expect(objects.length).toBeGreaterThan(6);
    for (const { type, name } of objects) {
      renew();
      runSql(ledgerPath(), `DROP ${type} ${name}`);
      const opened = open();
      const found = kept(opened);
      expect([...found.teams]).toEqual(['team-1', 'team-2']);
      expect(found.messages.size, name).toBe(name === 'outbox' ? 0 : MESSAGES.length);
      expect(found.drafts.size, name).toBe(name === 'draft' ? 0 : DRAFTS.length);
      expect(kinds(opened), name).toEqual(['ledger-mended']);
    }
  });

  test('whose teams are gone has them back without their tokens, and what belongs to them', () => {
    renew();
    runSql(ledgerPath(), 'DROP TABLE team');
    const { ledger } = open();
    expect(ledger.rows.teams()).toEqual(
      TEAMS.map((team) => ({
        ...team,
        standing: 'signed-out',
        sealedAccess: null,
        sealedRefresh: null,
        accessExpiresAt: 0,
      })),
    );
  });

  test.each([
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON outbox BEGIN DELETE FROM outbox; END'],
    ['a column too few', 'ALTER TABLE outbox DROP COLUMN why'],
    ['a column too many', 'ALTER TABLE draft ADD COLUMN more TEXT'],
    ['the number of a form to come', 'PRAGMA user_version = 77'],
    ['the number of no form', 'PRAGMA user_version = 0'],
    [
      'a schema that cannot be read',
      `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE draft (' WHERE name = 'draft'`,
    ],
  ])('with %s keeps every row', (_, sql) => {
    renew();
    runSql(ledgerPath(), sql);
    const opened = open();
    expectAllBut(kept(opened), '');
    expect(kinds(opened)).toEqual(['ledger-mended']);
    opened.close();
    expect(kinds(open())).toEqual([]);
  });

  test.each([
    ['outbox', 'frame', `op = '${op(7)}'`],
    ['sent', 'frame', `op = '${op(107)}'`],
    ['setting', 'json', `name = 'settings'`],
  ])('with a spoilt value in %s.%s sets the row aside and counts it', (table, column, where) => {
    renew();
    runSql(ledgerPath(), `UPDATE ${table} SET ${column} = '{"t":"po' WHERE ${where}`);
    const opened = open();
    expect(opened.findings).toEqual([{ kind: 'rows-set-aside', count: 1 }]);
    expectAllBut(kept(opened), table === 'outbox' ? op(7) : '');
    const spoilt = opened.ledger.db
      .prepare<readonly [], { readonly source: string; readonly row: string }>(
        'spoilt',
        'SELECT source, row FROM spoilt',
      )
      .all();
    expect(spoilt).toEqual([{ source: table, row: expect.stringContaining('{\\"t\\":\\"po') }]);
    opened.close();
    expect(open().findings).toEqual([]);
  });

  test('with a bit flipped anywhere in a change keeps it, or sets it aside', () => {
    const chance = createChance('frames');
    const text = JSON.stringify({ t: 'post', op: op(7), channel: CHANNEL, text: 'words' });
    for (let n = 0; n < 30; n++) {
      renew();
      const spoilt = withBitFlipped(text, chance.int(0, text.length * 8 - 1));
      runSql(ledgerPath(), 'UPDATE outbox SET frame = CAST(? AS TEXT) WHERE op = ?', spoilt, op(7));
      const opened = open();
      const all = opened.ledger.outbox.all((7 % 2) + 1);
      const isThere = all.some((row) => row.op === op(7));
      expect(kinds(opened)).toEqual(isThere ? [] : ['rows-set-aside']);
      expect(kept(opened).messages.size).toBe(MESSAGES.length - (isThere ? 0 : 1));
    }
  });

  test('keeps no more than spoiltRows of them', () => {
    renew();
    runSql(
      ledgerPath(),
      `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ${DEFAULT_LIMITS.spoiltRows + 50})
       INSERT INTO draft SELECT 1, 'c' || x, '', x'00', NULL, 1 FROM n`,
    );
    const opened = open();
    expect(opened.findings).toEqual([
      { kind: 'rows-set-aside', count: DEFAULT_LIMITS.spoiltRows + 50 },
    ]);
    const { spoiltRows } = DEFAULT_LIMITS;
    expect(
      opened.ledger.db
        .prepare<readonly [], { c: number }>('n', 'SELECT count(*) AS c FROM spoilt')
        .get(),
    ).toEqual({ c: spoiltRows });
    expectAllBut(kept(opened), '');
  });

  test('of which nothing is readable begins anew, and what was written for a lost team goes to no other', () => {
    renew();
    for (let page = 1; page <= pageCount(ledgerPath()); page++)
      overwritePage(ledgerPath(), page, zeros());
    const opened = open();
    expect(kinds(opened)).toEqual(['ledger-lost']);
    // The cache knows which teams there were.
    expect(kept(opened).teams).toEqual(['team-1', 'team-2']);

    renew();
    runSql(ledgerPath(), 'DROP TABLE team');
    runSql(cachePath(), 'DELETE FROM team_copy');
    const orphaned = open();
    expect(orphaned.findings).toEqual([
      { kind: 'ledger-mended', messages: 0, drafts: 0 },
      { kind: 'rows-set-aside', count: MESSAGES.length + DRAFTS.length + 40 },
    ]);
    const { key, ...record } = TEAMS[0] as TeamRecord;
    expect(orphaned.ledger.outbox.all(orphaned.ledger.rows.addTeam(record).key)).toEqual([]);
    expect(key).toBe(1);
  });

  test('in whose place a folder stands begins anew', () => {
    renew();
    rmSync(ledgerPath());
    mkdirSync(join(ledgerPath(), 'something'), { recursive: true });
    expect(kinds(open())).toEqual(['ledger-lost']);
    expect(existsSync(join(dir, `ledger.db.damaged-${clock.now()}`, 'something'))).toBe(true);
  });

  test('that is damaged again and again leaves damagedLedgerCopies copies', () => {
    renew();
    const { damagedLedgerCopies } = DEFAULT_LIMITS;
    for (let n = 0; n < damagedLedgerCopies + 3; n++) {
      runSql(ledgerPath(), 'DROP TABLE setting');
      expect(kinds(open())).toEqual(['ledger-mended']);
      expectAllBut(kept(data as Data), '');
      data?.close();
    }
    const copies = readdirSync(dir).filter((name) => /^ledger\.db\.damaged-[\d-]+$/.test(name));
    expect(copies).toHaveLength(damagedLedgerCopies);
  });

  test('found damaged while it runs is mended without closing, once in rebuildAgainMs', () => {
    renew();
    const opened = open();
    expect(opened.mendLedger()).toEqual([
      { kind: 'ledger-mended', messages: MESSAGES.length, drafts: DRAFTS.length },
    ]);
    expectAllBut(kept(opened), '');
    expect(() => opened.mendLedger()).toThrow(SqliteFailure);
    expectAllBut(kept(opened), '');
    clock.advance(DEFAULT_LIMITS.rebuildAgainMs);
    expect(opened.mendLedger()).toHaveLength(1);
  });
});

describe('a cache', () => {
  const expectLedgerUntouched = (opened: Data): void => {
    expectAllBut(kept(opened), '');
    expect(readdirSync(dir).filter((name) => name.startsWith('ledger.db.damaged'))).toEqual([]);
  };
  /**
   * Reads all of it. What is damaged shows at once or is said to be damage, and then it is made
   * anew.
   */
  const expectUsable = (what: string): void => {
    const opened = open();
    try {
      readCache(opened);
    } catch (error) {
      expect(error, what).toBeInstanceOf(SqliteFailure);
      expect((error as SqliteFailure).fault, what).toMatch(/damaged|misfit/);
      expect(opened.rebuildCache()).toEqual({ kind: 'cache-rebuilt' });
      readCache(opened);
    }
    expectLedgerUntouched(opened);
  };

  test.each(FILLS)('with any one page overwritten by %s opens, or is made anew', (_, fillOf) => {
    renew();
    for (let page = 1; page <= pageCount(cachePath()); page++) {
      renew();
      overwritePage(cachePath(), page, fillOf(page));
      expectUsable(`page ${page}`);
    }
  });

  test('with any single bit flipped opens, or is made anew', () => {
    const chance = createChance('cache-bits');
    renew();
    const bits = pageCount(cachePath()) * PAGE_BYTES * 8;
    for (let n = 0; n < 40; n++) {
      renew();
      const bit = chance.int(0, bits - 1);
      flipBit(cachePath(), bit);
      expectUsable(`bit ${bit}`);
    }
  });

  test('without any one of its tables or indexes is made anew', () => {
    renew();
    for (const { type, name } of objectsOf(cachePath())) {
      renew();
      runSql(cachePath(), `DROP ${type} ${name}`);
      const opened = open();
      expect(kinds(opened), name).toEqual(['cache-rebuilt']);
      readCache(opened);
      expectLedgerUntouched(opened);
    }
  });

  test.each([
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM message; END'],
    ['a column too few', 'ALTER TABLE channel DROP COLUMN topic'],
    ['the number of a form to come', 'PRAGMA user_version = 77'],
    ['the number of no form', 'PRAGMA user_version = 0'],
  ])('with %s is made anew', (_, sql) => {
    renew();
    runSql(cachePath(), sql);
    const opened = open();
    expect(kinds(opened)).toEqual(['cache-rebuilt']);
    readCache(opened);
    expectLedgerUntouched(opened);
  });

  test.each([
    ['channel', 'members', '["x'],
    ['channel', 'kind', 'publig'],
    ['member', 'role', 'membes'],
    ['mark', 'level', 'bll'],
    ['note', 'note', '{"kind":'],
    ['message', 'text', Buffer.from('blob')],
    ['interval', 'to_seq', 'ten'],
    ['sync', 'team_seq', 'one'],
    ['decision', 'outcome', 'dos'],
  ])('with a spoilt value in %s.%s says that it is damaged', (table, column, value) => {
    renew();
    runSql(cachePath(), `UPDATE ${table} SET ${column} = ?`, value);
    const opened = open();
    expect(() => readCache(opened)).toThrow(expect.objectContaining({ fault: 'damaged' }));
  });

  test('in whose place, or whose log’s place, a folder stands is made anew', () => {
    for (const name of ['cache.db', 'cache.db-wal']) {
      renew();
      rmSync(join(dir, name), { force: true });
      mkdirSync(join(dir, name, 'something'), { recursive: true });
      const opened = open();
      expect(kinds(opened), name).toEqual(['cache-rebuilt']);
      expectLedgerUntouched(opened);
    }
  });

  test('leaves damagedCacheCopies copies, and none once they may hold what was deleted', () => {
    renew();
    for (let n = 0; n < 3; n++) {
      writeFileSync(cachePath(), 'no database');
      expect(kinds(open())).toEqual(['cache-rebuilt']);
      data?.close();
    }
    const copies = (): number =>
      readdirSync(dir).filter((name) => name.startsWith('cache.db.damaged')).length;
    expect(copies()).toBe(DEFAULT_LIMITS.damagedCacheCopies);
    open().removeCacheCopies();
    expect(copies()).toBe(0);
  });

  test('that fails again within rebuildAgainMs is kept in memory, and does not fail a third time', () => {
    renew();
    const opened = open();
    expect(opened.rebuildCache()).toEqual({ kind: 'cache-rebuilt' });
    expect(opened.rebuildCache()).toEqual({ kind: 'cache-in-memory' });
    readCache(opened);
    expect(() => opened.rebuildCache()).toThrow(SqliteFailure);
    readCache(opened);
    opened.close();
    // The next start begins on the disk again.
    expect(kinds(open())).toEqual([]);
  });

  test.each(['full', 'unusable', 'in-use'] as const)(
    'that cannot be read because the disk is %s stays where it is, and that is what is reported',
    (fault) => {
      renew();
      const before = readFileSync(cachePath());
      const failing = (): void => {
        throw new SqliteFailure(fault, cachePath(), undefined);
      };
      const opening = (): unknown =>
        openCacheFile({ path: cachePath(), clock, log: silent }, failing);
      expect(opening).toThrow(expect.objectContaining({ name: 'SqliteFailure', fault }));
      expect(readFileSync(cachePath()).equals(before)).toBe(true);
      expect(readdirSync(dir).filter((name) => name.includes('damaged'))).toEqual([]);
    },
  );
});

test('every table of the ledger has a form, but for the one that takes what has none', () => {
  renew();
  const tables = objectsOf(ledgerPath()).filter(({ type }) => type === 'table');
  expect(tables.map(({ name }) => name).sort()).toEqual([...LEDGER_TABLES, 'spoilt'].sort());
});
