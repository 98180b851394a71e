/**
 * A store taken as its tables, row by row, for carrying a team from one database to another while no relay runs on either. The tables
 * are alike in every database; what only one of them keeps for itself (an index, a number of its own) is not among their columns.
 */

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** The first columns, which tell rows apart; texts in them are ordered by their bytes. */
  readonly keyLength: number;
}

/** In an order in which nothing refers to what is not there yet. */
export const TABLES = [
  { name: 'feed', columns: ['no', 'id', 'head', 'at'], keyLength: 1 },
  {
    name: 'team',
    columns: ['id', 'name', 'created_at', 'member_invite_days', 'member_invite_uses'],
    keyLength: 1,
  },
  {
    name: 'member',
    columns: ['no', 'id', 'handle', 'name', 'role', 'is_active', 'joined_at'],
    keyLength: 1,
  },
  {
    name: 'channel',
    columns: [
      'no',
      'id',
      'kind',
      'name',
      'topic',
      'is_archived',
      'created_at',
      'created_by',
      'seq',
      'members',
    ],
    keyLength: 1,
  },
  { name: 'membership', columns: ['channel', 'member', 'read_seq', 'level'], keyLength: 2 },
  {
    name: 'event',
    columns: ['feed', 'seq', 'at', 'by', 'kind', 'op', 'asked', 'json'],
    keyLength: 2,
  },
  { name: 'revision', columns: ['feed', 'message', 'seq', 'at', 'text'], keyLength: 3 },
  { name: 'credential', columns: ['member', 'hash'], keyLength: 1 },
  {
    name: 'session',
    columns: [
      'id',
      'member',
      'device',
      'created_at',
      'last_seen_at',
      'ended_at',
      'refresh_hash',
      'rotation',
      'refresh_expires_at',
    ],
    keyLength: 1,
  },
  {
    name: 'invite',
    columns: ['id', 'code_hash', 'role', 'created_by', 'created_at', 'expires_at', 'uses_left'],
    keyLength: 1,
  },
] as const satisfies readonly Table[];

/** The values of a row in the order of its table's columns. */
export type Row = readonly (string | number | null)[];

/**
 * What a store says of itself. `team` and `epoch` are its identity; `fence` grows whenever a relay opens it. `arriving`: half of a team is
 * here, on its way from elsewhere. `moved`: the team has left; relays refuse both. `blobs`: the place where the team's blobs are.
 */
export type Fact = 'team' | 'epoch' | 'fence' | 'arriving' | 'moved' | 'blobs';

/** One end of a move. While it is open no relay can open the store. */
export interface WholeStore {
  fact(name: Fact): Promise<string | undefined>;
  /** Durable when it resolves. */
  putFact(name: Fact, value: string): Promise<void>;
  /** The rows behind the key `after`, in the order of the key, `limit` at most. */
  rows(table: Table, after: Row | undefined, limit: number): Promise<readonly Row[]>;
  /** The highest key there is. */
  lastKey(table: Table): Promise<Row | undefined>;
  /** All of them or none. */
  insert(table: Table, rows: readonly Row[]): Promise<void>;
  /** Removes every row of every table. */
  clear(): Promise<void>;
  /** Makes the store that has arrived one that relays may open, with this identity. All or nothing, and durable. */
  finish(identity: {
    readonly team: string;
    readonly epoch: string;
    readonly blobs: string | undefined;
  }): Promise<void>;
  close(): Promise<void>;
}
