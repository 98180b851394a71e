/**
 * The outbox on disk, and the journal of what was acknowledged. A row is there before what it says is drawn, and leaves
 * only after its effect is in the cache.
 */
import type { Mutation } from '../../../protocol/frames-up.ts';
import type { Sqlite } from './sqlite.ts';

export interface OutboxRow {
  /** Its place in the order of all; never used twice. */
  readonly n: number;
  readonly op: string;
  /** Rows of one lane go out one after the other. */
  readonly lane: string;
  readonly channel: string;
  /** The message it makes, edits or deletes. */
  readonly message: string | null;
  readonly frame: Mutation;
  readonly at: number;
  readonly state: 'waiting' | 'failed';
  /** The refusal kind, when failed. */
  readonly why: string | null;
  /** Offered again after the relay lost commits: not drawn as something being sent. */
  readonly isOffer: boolean;
}

interface Row {
  readonly n: number;
  readonly op: string;
  readonly lane: string;
  readonly channel: string;
  readonly message: string | null;
  readonly frame: string;
  readonly at: number;
  readonly state: string;
  readonly why: string | null;
  readonly is_offer: number;
}

export interface SentRow {
  readonly op: string;
  readonly n: number;
  readonly channel: string;
  readonly message: string | null;
  readonly frame: Mutation;
  readonly at: number;
  /** The relay that acknowledged it, as `trustOf` names it. */
  readonly trust: string;
}

export interface OutboxRows {
  /** What is offered again first, then in the order of `n`. */
  all(team: number): OutboxRow[];
  add(team: number, row: Omit<OutboxRow, 'n'>): OutboxRow;
  /** Puts a row that was lost back in its place. Does nothing where it is there. */
  restore(team: number, row: OutboxRow): void;
  /** Replaces what may change: frame, state, why. */
  put(team: number, row: OutboxRow): void;
  remove(team: number, n: number): void;

  journal(team: number, row: SentRow): void;
  /** It was acknowledged again: for as long again it is offered, in its old place. Not if it was forgotten meanwhile. */
  keepSent(team: number, op: string, at: number): void;
  /**
   * What this relay acknowledged, oldest first; of that, what is older than the newest by no more
   * than `withinMs`.
   */
  sent(team: number, trust: string, withinMs: number): SentRow[];
  /** Removes from the outbox what some relay has acknowledged before; the journal keeps it. */
  removeAcknowledged(team: number): void;
  /** Its words must not come back: everything said of the message but its deletion. */
  forgetSent(team: number, message: string): void;
  /**
   * Removes acknowledged changes that are older, by more than `ms`, than both `now` and the newest
   * one of their team. One clock that jumps ahead must not empty the journal for good.
   */
  removeSentOlderThan(ms: number, now: number): void;
}

const COLUMNS = 'op, lane, channel, message, frame, at, state, why, is_offer';

export function createOutboxRows(db: Sqlite): OutboxRows {
  const all = db.prepare<readonly [number], Row>(
    'outbox.all',
    `SELECT n, ${COLUMNS} FROM outbox WHERE team = ? ORDER BY is_offer DESC, n`,
  );
  const add = db.prepare<
    readonly [
      number,
      string,
      string,
      string,
      string | null,
      string,
      number,
      string,
      string | null,
      number,
    ]
  >('outbox.add', `INSERT INTO outbox (team, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const restore = db.prepare<
    readonly [
      number,
      number,
      string,
      string,
      string,
      string | null,
      string,
      number,
      string,
      string | null,
      number,
    ]
  >(
    'outbox.restore',
    `INSERT OR IGNORE INTO outbox (n, team, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const put = db.prepare<readonly [string, string, string | null, number, number]>(
    'outbox.put',
    'UPDATE outbox SET frame = ?, state = ?, why = ? WHERE team = ? AND n = ?',
  );
  const remove = db.prepare<readonly [number, number]>(
    'outbox.remove',
    'DELETE FROM outbox WHERE team = ? AND n = ?',
  );
  const journal = db.prepare<
    readonly [number, string, number, string, string | null, string, number, string]
  >(
    'sent.put',
    `INSERT OR REPLACE INTO sent (team, op, n, channel, message, frame, at, trust)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const sent = db.prepare<
    readonly [number, string, number],
    {
      readonly op: string;
      readonly n: number;
      readonly channel: string;
      readonly message: string | null;
      readonly frame: string;
      readonly at: number;
      readonly trust: string;
    }
  >(
    'sent.all',
    `SELECT op, n, channel, message, frame, at, trust FROM sent WHERE team = ? AND trust = ?
     AND at >= (SELECT max(at) FROM sent AS newest
                WHERE newest.team = sent.team AND newest.trust = sent.trust) - ? ORDER BY n`,
  );
  const removeAcknowledged = db.prepare<readonly [number, number]>(
    'outbox.remove-acknowledged',
    `DELETE FROM outbox
     WHERE team = ? AND (is_offer = 1 OR op IN (SELECT op FROM sent WHERE team = ?))`,
  );
  const keepSent = db.prepare<readonly [number, number, string]>(
    'sent.keep',
    'UPDATE sent SET at = ? WHERE team = ? AND op = ?',
  );
  const forgetSent = db.prepare<readonly [number, string]>(
    'sent.forget',
    `DELETE FROM sent WHERE team = ? AND message = ? AND json_extract(frame, '$.t') <> 'delete'`,
  );
  const removeSent = db.prepare<readonly [number, number]>(
    'sent.expire',
    'DELETE FROM sent WHERE at < ' +
      'min(?, (SELECT max(at) FROM sent AS newest WHERE newest.team = sent.team)) - ?',
  );

  return {
    all: (team) =>
      all.all(team).map(({ frame, state, is_offer, ...row }) => ({
        ...row,
        frame: JSON.parse(frame) as Mutation,
        state: state === 'failed' ? 'failed' : 'waiting',
        isOffer: is_offer === 1,
      })),
    add: (team, r) => {
      const values = [
        team,
        r.op,
        r.lane,
        r.channel,
        r.message,
        JSON.stringify(r.frame),
        r.at,
        r.state,
        r.why,
        r.isOffer ? 1 : 0,
      ] as const;
      return { ...r, n: add.run(...values).id };
    },
    restore: (team, r) =>
      void restore.run(
        r.n,
        team,
        r.op,
        r.lane,
        r.channel,
        r.message,
        JSON.stringify(r.frame),
        r.at,
        r.state,
        r.why,
        r.isOffer ? 1 : 0,
      ),
    put: (team, r) => void put.run(JSON.stringify(r.frame), r.state, r.why, team, r.n),
    remove: (team, n) => void remove.run(team, n),
    journal: (team, r) => {
      const frame = JSON.stringify(r.frame);
      journal.run(team, r.op, r.n, r.channel, r.message, frame, r.at, r.trust);
    },
    keepSent: (team, op, at) => void keepSent.run(at, team, op),
    sent: (team, trust, withinMs) =>
      sent
        .all(team, trust, withinMs)
        .map((row) => ({ ...row, frame: JSON.parse(row.frame) as Mutation })),
    removeAcknowledged: (team) => void removeAcknowledged.run(team, team),
    forgetSent: (team, message) => void forgetSent.run(team, message),
    removeSentOlderThan: (ms, now) => void removeSent.run(now, ms),
  };
}
