/** Where this desktop stands in each feed of a team, as it is told to the relay in `hello`. */
import type { Position } from '../../../protocol/feeds.ts';
import type { Sqlite } from './sqlite.ts';

export interface PositionRows {
  all(team: number): { readonly feed: number; readonly position: Position }[];
  /** @param feed  the channel's key, or one of `OWN_FEEDS` (`log-rows.ts`) */
  put(team: number, feed: number, position: Position): void;
}

interface Row {
  readonly channel: number;
  readonly seq: number;
  readonly at: number;
  readonly proven_seq: number | null;
  readonly proof: string | null;
}

export function createPositionRows(db: Sqlite): PositionRows {
  const all = db.prepare<readonly [number], Row>(
    'position.all',
    'SELECT channel, seq, at, proven_seq, proof FROM position WHERE team = ?',
  );
  const put = db.prepare<readonly [number, number, number, number, number | null, string | null]>(
    'position.put',
    'INSERT OR REPLACE INTO position (team, channel, seq, at, proven_seq, proof) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return {
    all: (team) =>
      all.all(team).map(({ channel, seq, at, proven_seq: provenSeq, proof }) => ({
        feed: channel,
        position:
          provenSeq === null || proof === null
            ? { seq, at }
            : { seq, at, proven: { seq: provenSeq, proof } },
      })),
    put: (team, feed, { seq, at, proven }) =>
      void put.run(team, feed, seq, at, proven?.seq ?? null, proven?.proof ?? null),
  };
}
