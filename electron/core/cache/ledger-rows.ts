/**
 * What must not be lost: teams with their sealed tokens and pins, settings. Outbox and drafts have
 * files of their own.
 */
import type { Presence, Role } from '../../../protocol/entities.ts';
import type { Sqlite } from './sqlite.ts';

export type TeamStanding = 'in' | 'signed-out' | 'session-ended';

export interface TeamRecord {
  readonly key: number;
  /** The local id of this membership. */
  readonly id: string;
  readonly place: number;
  readonly address: string;
  readonly fingerprint: string | null;
  /** The relay's own id of the team. */
  readonly relayTeam: string;
  readonly name: string;
  /** Our member id there. */
  readonly me: string;
  readonly handle: string;
  readonly displayName: string;
  readonly role: Role;
  readonly device: string;
  readonly session: string;
  /** What the person chose to show. */
  readonly presence: Exclude<Presence, 'gone'>;
  readonly isHostedHere: boolean;
  readonly standing: TeamStanding;
  /** The relay's store as it was last met; another one means that commits may have been lost. */
  readonly epoch: string | null;
  /** The most that members of the team may give in an invite. */
  readonly memberInviteDays: number;
  readonly memberInviteUses: number;
  readonly sealedAccess: Uint8Array | null;
  readonly sealedRefresh: Uint8Array | null;
  /** By this computer's clock; only a hint. */
  readonly accessExpiresAt: number;
}

interface TeamRow {
  readonly key: number;
  readonly id: string;
  readonly place: number;
  readonly address: string;
  readonly fingerprint: string | null;
  readonly relay_team: string;
  readonly name: string;
  readonly me: string;
  readonly handle: string;
  readonly display_name: string;
  readonly role: string;
  readonly device: string;
  readonly session: string;
  readonly presence: string;
  readonly is_hosted_here: number;
  readonly state: string;
  readonly epoch: string | null;
  readonly member_invite_days: number;
  readonly member_invite_uses: number;
  readonly sealed_access: Uint8Array | null;
  readonly sealed_refresh: Uint8Array | null;
  readonly access_expires_at: number;
}

export interface LedgerRows {
  /** In the order of the rail. */
  teams(): TeamRecord[];
  addTeam(record: Omit<TeamRecord, 'key'>): TeamRecord;
  putTeam(record: TeamRecord): void;
  /** Puts a record that was lost back under its own key. Does nothing where the key is there. */
  restoreTeam(record: TeamRecord): void;
  removeTeam(key: number): void;

  /** What the person wrote and the relay does not have, of all teams. */
  unsent(): { readonly messages: number; readonly drafts: number };

  setting(name: string): string | undefined;
  putSetting(name: string, json: string): void;
}

const COLUMNS = `id, place, address, fingerprint, relay_team, name, me, handle, display_name, role, device, session, presence,
  is_hosted_here, state, epoch, member_invite_days, member_invite_uses, sealed_access,
  sealed_refresh, access_expires_at`;

type TeamValues = readonly [
  string,
  number,
  string,
  string | null,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  number,
  string,
  string | null,
  number,
  number,
  Uint8Array | null,
  Uint8Array | null,
  number,
];

export function createLedgerRows(db: Sqlite): LedgerRows {
  const teams = db.prepare<readonly [], TeamRow>(
    'team.all',
    `SELECT key, ${COLUMNS} FROM team ORDER BY place, key`,
  );
  const places = Array.from({ length: 21 }, () => '?').join(', ');
  const addTeam = db.prepare<TeamValues>(
    'team.add',
    `INSERT INTO team (${COLUMNS}) VALUES (${places})`,
  );
  const restoreTeam = db.prepare<readonly [...TeamValues, number]>(
    'team.restore',
    `INSERT OR IGNORE INTO team (${COLUMNS}, key) VALUES (${places}, ?)`,
  );
  const putTeam = db.prepare<readonly [...TeamValues, number]>(
    'team.put',
    `UPDATE team SET (${COLUMNS}) = (${places}) WHERE key = ?`,
  );
  const removals = ['outbox', 'sent', 'draft', 'channel_name'].map((table) =>
    db.prepare<readonly [number]>(`${table}.remove-team`, `DELETE FROM ${table} WHERE team = ?`),
  );
  const removeTeam = db.prepare<readonly [number]>('team.remove', 'DELETE FROM team WHERE key = ?');
  const unsent = db.prepare<readonly [], { readonly messages: number; readonly drafts: number }>(
    'ledger.unsent',
    `SELECT (SELECT count(*) FROM outbox WHERE message IS NOT NULL AND is_offer = 0) AS messages,
      (SELECT count(*) FROM draft) AS drafts`,
  );
  const setting = db.prepare<readonly [string], { readonly json: string }>(
    'setting.get',
    'SELECT json FROM setting WHERE name = ?',
  );
  const putSetting = db.prepare<readonly [string, string]>(
    'setting.put',
    'INSERT OR REPLACE INTO setting (name, json) VALUES (?, ?)',
  );

  return {
    teams: () => teams.all().map(read),
    addTeam: (record) => ({ ...record, key: addTeam.run(...values(record)).id }),
    putTeam: (record) => void putTeam.run(...values(record), record.key),
    restoreTeam: (record) => void restoreTeam.run(...values(record), record.key),
    removeTeam: (key) =>
      db.transaction('team.remove', () => {
        for (const removal of removals) removal.run(key);
        removeTeam.run(key);
      }),
    unsent: () => unsent.get() ?? { messages: 0, drafts: 0 },
    setting: (name) => setting.get(name)?.json,
    putSetting: (name, json) => void putSetting.run(name, json),
  };
}

const values = (r: Omit<TeamRecord, 'key'>): TeamValues => [
  r.id,
  r.place,
  r.address,
  r.fingerprint,
  r.relayTeam,
  r.name,
  r.me,
  r.handle,
  r.displayName,
  r.role,
  r.device,
  r.session,
  r.presence,
  r.isHostedHere ? 1 : 0,
  r.standing,
  r.epoch,
  r.memberInviteDays,
  r.memberInviteUses,
  r.sealedAccess,
  r.sealedRefresh,
  r.accessExpiresAt,
];

const read = (row: TeamRow): TeamRecord => ({
  key: row.key,
  id: row.id,
  place: row.place,
  address: row.address,
  fingerprint: row.fingerprint,
  relayTeam: row.relay_team,
  name: row.name,
  me: row.me,
  handle: row.handle,
  displayName: row.display_name,
  role: row.role as Role,
  device: row.device,
  session: row.session,
  presence: row.presence as TeamRecord['presence'],
  isHostedHere: row.is_hosted_here === 1,
  standing: row.state as TeamStanding,
  epoch: row.epoch,
  memberInviteDays: row.member_invite_days,
  memberInviteUses: row.member_invite_uses,
  sealedAccess: row.sealed_access,
  sealedRefresh: row.sealed_refresh,
  accessExpiresAt: row.access_expires_at,
});
