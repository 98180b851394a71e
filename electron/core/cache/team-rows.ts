/**
 * What the cache holds of a team as a whole: how far it is in step with the relay, its members, and the decisions
 * about notifications.
 */
import { ROLES, type Member, type Role } from '../../../protocol/entities.ts';
import type { Epoch, MemberId } from '../../../protocol/ids.ts';
import { soundRows } from './sound-rows.ts';
import type { Sqlite } from './sqlite.ts';

export interface SyncState {
  readonly epoch: Epoch | null;
  readonly teamSeq: number;
  readonly memberSeq: number;
}

const OUTCOMES = ['nothing', 'dot', 'badge', 'notified', 'failed', 'unsupported'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface CachedDecision {
  readonly rule: number;
  readonly reason: string;
  readonly outcome: Outcome;
  readonly at: number;
}

interface SyncRow {
  readonly epoch: string | null;
  readonly team_seq: number;
  readonly member_seq: number;
}

interface MemberRow {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly role: string;
  readonly is_active: number;
  readonly joined_at: number;
}

export interface TeamRows {
  /** The keys of the teams that have anything here. */
  keys(): number[];
  /** The copies of the ledger's team records, as JSON. */
  copies(): { readonly team: number; readonly json: string }[];
  putCopy(team: number, json: string): void;
  sync(team: number): SyncState;
  putSync(team: number, state: SyncState): void;
  members(team: number): Member[];
  putMember(team: number, member: Member): void;
  removeMembers(team: number): void;
  decision(team: number, id: string): CachedDecision | undefined;
  /** Keeps the first decision about a message. False: there was one before. */
  putDecision(team: number, id: string, decision: CachedDecision): boolean;
  /** One decision about many messages, in one statement and without the answer. */
  putDecisions(team: number, ids: readonly string[], decision: CachedDecision): void;
  /** What the system answered, or that it was taken back. */
  setOutcome(team: number, id: string, outcome: Outcome): void;
  removeDecisionsBefore(at: number): void;
  /** Everything that came from the relay. What was decided stays: who was told of a message is not told of it again. */
  clearTeam(team: number): void;
  /** Every row of the team, in every table of the cache. */
  removeTeam(team: number): void;
}

const FROM_RELAY = [
  'sync',
  'channel',
  'mark',
  'member',
  'message',
  'early',
  'note',
  'raw_event',
  'interval',
  'position',
  'summary',
  'relay_count',
] as const;

const INSERT_DECISION = 'INSERT OR IGNORE INTO decision (team, id, at, rule, reason, outcome)';

export function createTeamRows(db: Sqlite): TeamRows {
  const sync = db.prepare<readonly [number], SyncRow>(
    'sync.get',
    'SELECT epoch, team_seq, member_seq FROM sync WHERE team = ?',
  );
  const soundSync = soundRows<SyncRow>(db, {
    epoch: 'text?',
    team_seq: 'integer',
    member_seq: 'integer',
  });
  const soundMember = soundRows<MemberRow>(db, {
    id: 'text',
    handle: 'text',
    name: 'text',
    role: ROLES,
    is_active: 'flag',
    joined_at: 'integer',
  });
  const soundDecision = soundRows<CachedDecision>(db, {
    rule: 'integer',
    reason: 'text',
    outcome: OUTCOMES,
    at: 'integer',
  });
  const keys = db.prepare<readonly [], { readonly team: number }>(
    'sync.keys',
    'SELECT team FROM sync UNION SELECT team FROM team_copy',
  );
  const copies = db.prepare<readonly [], { readonly team: number; readonly json: string }>(
    'copy.all',
    'SELECT team, json FROM team_copy',
  );
  const putCopy = db.prepare<readonly [number, string]>(
    'copy.put',
    'INSERT OR REPLACE INTO team_copy (team, json) VALUES (?, ?)',
  );
  const putSync = db.prepare<readonly [number, string | null, number, number]>(
    'sync.put',
    'INSERT OR REPLACE INTO sync (team, epoch, team_seq, member_seq) VALUES (?, ?, ?, ?)',
  );
  const members = db.prepare<readonly [number], MemberRow>(
    'member.all',
    'SELECT id, handle, name, role, is_active, joined_at FROM member WHERE team = ?',
  );
  const putMember = db.prepare<readonly [number, string, string, string, string, number, number]>(
    'member.put',
    'INSERT OR REPLACE INTO member (team, id, handle, name, role, is_active, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const removeMembers = db.prepare<readonly [number]>(
    'member.remove-all',
    'DELETE FROM member WHERE team = ?',
  );
  const decision = db.prepare<readonly [number, string], CachedDecision>(
    'decision.get',
    'SELECT rule, reason, outcome, at FROM decision WHERE team = ? AND id = ?',
  );
  const putDecision = db.prepare<readonly [number, string, number, number, string, string]>(
    'decision.put',
    `${INSERT_DECISION} VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const putDecisions = db.prepare<readonly [number, number, number, string, string, string]>(
    'decision.put-many',
    `${INSERT_DECISION} SELECT ?, value, ?, ?, ?, ? FROM json_each(?)`,
  );
  const setOutcome = db.prepare<readonly [string, number, string]>(
    'decision.outcome',
    'UPDATE decision SET outcome = ? WHERE team = ? AND id = ?',
  );
  const removeDecisions = db.prepare<readonly [number]>(
    'decision.expire',
    'DELETE FROM decision WHERE at < ?',
  );
  const removal = (table: string) =>
    db.prepare<readonly [number]>(`${table}.remove-team`, `DELETE FROM ${table} WHERE team = ?`);
  const clearings = FROM_RELAY.map(removal);
  const removals = [
    ...clearings,
    removal('decision'),
    removal('team_copy'),
    removal('known_kinds'),
  ];

  return {
    keys: () => keys.all().map((row) => row.team),
    copies: () => copies.all(),
    putCopy: (team, json) => void putCopy.run(team, json),
    sync: (team) => {
      const row = sync.get(team);
      return row && soundSync(row)
        ? { epoch: row.epoch as Epoch | null, teamSeq: row.team_seq, memberSeq: row.member_seq }
        : { epoch: null, teamSeq: 0, memberSeq: 0 };
    },
    putSync: (team, state) => void putSync.run(team, state.epoch, state.teamSeq, state.memberSeq),
    members: (team) =>
      members
        .all(team)
        .map(soundMember)
        .map((row) => ({
          id: row.id as MemberId,
          handle: row.handle,
          name: row.name,
          role: row.role as Role,
          isActive: row.is_active === 1,
          joinedAt: row.joined_at,
        })),
    putMember: (team, m) =>
      void putMember.run(team, m.id, m.handle, m.name, m.role, m.isActive ? 1 : 0, m.joinedAt),
    removeMembers: (team) => void removeMembers.run(team),
    decision: (team, id) => {
      const row = decision.get(team, id);
      return row && soundDecision(row);
    },
    putDecision: (team, id, d) =>
      putDecision.run(team, id, d.at, d.rule, d.reason, d.outcome).changes > 0,
    putDecisions: (team, ids, d) =>
      void putDecisions.run(team, d.at, d.rule, d.reason, d.outcome, JSON.stringify(ids)),
    setOutcome: (team, id, outcome) => void setOutcome.run(outcome, team, id),
    removeDecisionsBefore: (at) => void removeDecisions.run(at),
    clearTeam: (team) => {
      for (const clearing of clearings) clearing.run(team);
    },
    removeTeam: (team) => {
      for (const one of removals) one.run(team);
    },
  };
}
