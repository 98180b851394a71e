/** The floor under every cache: the same number of messages parsed from JSON and put into one bare table, in one transaction. */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { bodiesOf } from '../kit/bodies.ts';
import { answer } from '../kit/remote.ts';

const body = bodiesOf(200);
const AUTHOR = '01900001-0000-7000-8000-000000000001';

answer({
  /** @returns milliseconds */
  insert: ({
    folder,
    messages,
  }: {
    readonly folder: string;
    readonly messages: number;
  }): number => {
    const db = new Database(join(folder, 'bare.db'));
    db.pragma('journal_mode = WAL');
    db.exec(
      'CREATE TABLE message (seq INTEGER PRIMARY KEY, id TEXT, author TEXT, at INTEGER, text TEXT)',
    );
    const insert = db.prepare('INSERT INTO message VALUES (?, ?, ?, ?, ?)');
    const texts = Array.from({ length: messages }, (_, seq) =>
      JSON.stringify({ seq, at: seq, by: AUTHOR, kind: 'posted', id: AUTHOR, text: body(seq) }),
    );
    const startedAt = performance.now();
    db.transaction(() => {
      for (const text of texts) {
        const event = JSON.parse(text) as {
          seq: number;
          id: string;
          by: string;
          at: number;
          text: string;
        };
        insert.run(event.seq, event.id, event.by, event.at, event.text);
      }
    })();
    const tookMs = performance.now() - startedAt;
    db.close();
    return tookMs;
  },
});
