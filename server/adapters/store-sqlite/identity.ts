/** Who a store is: its team, its epoch, the number of its opening. Kept in the file, made on first use. */
import type { Epoch, TeamId } from '../../../protocol/ids.ts';
import type { Random } from '../../ports/clock.ts';
import { halfThere, movedAway } from '../../ports/store-open-fault.ts';
import type { Connection } from './database.ts';

export interface Identity {
  readonly epoch: Epoch;
  readonly teamId: TeamId;
  readonly fence: string;
}

/** @throws StoreOpenFault  the team has left, or has not wholly arrived */
export function checkMove(db: Connection, path: string): void {
  const has = db.prepare('SELECT 1 FROM meta WHERE key = ?').pluck();
  if (has.get('moved') !== undefined) throw movedAway(path);
  if (has.get('arriving') !== undefined) throw halfThere(path);
}

/** Reads who this store is, making it so on first use; a store opened from a copy gets a new epoch. */
export function identify(db: Connection, random: Random): Identity {
  const get = db.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  const put = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return db
    .transaction((): Identity => {
      const teamId = (get.get('team') ?? uuid(random)) as TeamId;
      const isCopy = get.get('copy') !== undefined;
      const epoch = (isCopy ? undefined : get.get('epoch')) ?? hex(random.bytes(16));
      const fence = String(Number(get.get('fence') ?? 0) + 1);
      put.run('team', teamId);
      put.run('epoch', epoch);
      put.run('fence', fence);
      db.prepare("DELETE FROM meta WHERE key = 'copy'").run();
      return { teamId, epoch: epoch as Epoch, fence };
    })
    .immediate();
}

/** Marks a store as a copy: whoever opens it next gives it a new epoch. */
export function markAsCopy(db: Connection): void {
  db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('copy', '1')").run();
}

/** A copy that nobody has opened since is another history than the one that went on elsewhere. */
export function leaveCopied(db: Connection, random: Random): void {
  if (db.prepare("SELECT 1 FROM meta WHERE key = 'copy'").get() !== undefined) identify(db, random);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
