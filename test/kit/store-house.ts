/**
 * What the contract of the store runs over: every adapter there is, a fresh store of it for each test, and the team, people and messages that
 * tests put into it. A new adapter is one more entry in `ADAPTERS`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import type { Channel, Member } from '../../protocol/entities.ts';
import type { ChannelId, FeedId, MemberId, MessageId, OperationId } from '../../protocol/ids.ts';
import { openPostgresStore } from '../../server/adapters/store-postgres/store.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import { silentLog } from '../../server/observe/log.ts';
import type { Appended, EventDraft, Store } from '../../server/ports/store.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createSeededRandom } from './seeded-random.ts';
import {
  POSTGRES,
  startPostgres,
  type PostgresAddress,
  type PostgresServer,
} from './services/postgres.ts';

export interface StoreAdapter {
  readonly name: string;
  /** The same folder is the same store. */
  open(folder: string, clock: FakeClock): Promise<Store>;
  /** Opens what `backup` wrote to `path`. Absent where the database is copied by its own means: `backup` refuses and says so. */
  readonly openBackup?: (path: string, clock: FakeClock) => Promise<Store>;
  /** After the last test of a file. */
  dispose(): Promise<void>;
}

const sqlite = (isTemporary: boolean): StoreAdapter => {
  const openAt = (path: string, clock: FakeClock) =>
    Promise.resolve(
      openSqliteStore({ path, clock, random: createSeededRandom(path), isTemporary }),
    );
  return {
    name: isTemporary ? 'SQLite, temporary' : 'SQLite, durable',
    open: (folder, clock) => openAt(join(folder, 'team.sqlite'), clock),
    openBackup: openAt,
    dispose: () => Promise.resolve(),
  };
};

function postgres(): StoreAdapter {
  let server: PostgresServer | undefined;
  const databases = new Map<string, PostgresAddress>();
  return {
    name: 'PostgreSQL',
    async open(folder, clock) {
      server ??= await startPostgres({ isTemporary: true });
      const address = databases.get(folder) ?? (await server.createDatabase());
      databases.set(folder, address);
      return openPostgresStore({
        servers: [address],
        clock,
        random: createSeededRandom(folder),
        log: silentLog,
      });
    },
    dispose: async () => server?.dispose(),
  };
}

export const ADAPTERS: readonly StoreAdapter[] = [
  sqlite(false),
  sqlite(true),
  ...(POSTGRES === undefined ? [] : [postgres()]),
];

export interface StoreHouse {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly store: Store;
  append(to: FeedId, draft: EventDraft): Promise<Appended>;
  /** Opens what was closed once more. */
  reopen(): Promise<void>;
}

/** A store for each test of the `describe` that calls this: Ada and Bo are in it, and a channel that nobody is in. It has to end sound. */
export function useStore(adapter: StoreAdapter): StoreHouse {
  let folder: string;
  let clock: FakeClock;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'landline-store-'));
    clock = createFakeClock();
    store = await adapter.open(folder, clock);
    await store.write(async (tx) => {
      await tx.putMember(memberOf(ADA, 'ada'));
      await tx.putMember(memberOf(BO, 'bo'));
      await tx.putChannel(channelOf(channelId(1)));
    });
  });
  afterEach(async () => {
    expect(await store.audit()).toEqual([]);
    await store.close();
    rmSync(folder, { recursive: true });
  });
  afterAll(() => adapter.dispose());
  return {
    get folder() {
      return folder;
    },
    get clock() {
      return clock;
    },
    get store() {
      return store;
    },
    append: (to, draft) => store.write((tx) => tx.append(to, draft)),
    reopen: async () => {
      store = await adapter.open(folder, clock);
    },
  };
}

export const memberId = (n: number): MemberId =>
  `00000000-0000-4000-8000-00000000000${n}` as MemberId;
export const channelId = (n: number): ChannelId =>
  `01980000-0000-7000-8000-c0000000000${n}` as ChannelId;
export const op = (n: number): OperationId & MessageId =>
  `01980000-0000-7000-8000-${String(n).padStart(12, '0')}` as OperationId & MessageId;
export const ADA = memberId(1);
export const BO = memberId(2);
export const ALL = { from: 1, to: 1_000_000 };
export const PLENTY = { events: 1_000, bytes: 1_000_000 };

export const memberOf = (id: MemberId, handle: string): Member => ({
  id,
  handle,
  name: handle,
  role: 'member',
  isActive: true,
  joinedAt: 5,
});
export const channelOf = (id: ChannelId, more: Partial<Channel> = {}): Channel => ({
  id,
  kind: 'public',
  name: 'plans',
  topic: '',
  isArchived: false,
  createdAt: 7,
  createdBy: ADA,
  seq: 1,
  ...more,
});
/** A message of Ada's, with this number in its id. */
export const said = (n: number, text = `text ${n}`, by = ADA): EventDraft => ({
  by,
  kind: 'posted',
  op: op(n),
  body: { id: op(n), text },
});
