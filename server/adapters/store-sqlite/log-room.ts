/**
 * Room for the write-ahead log. A log that grows makes the file system write down the new blocks with every sync, which costs more than
 * the commit's own bytes; one that is overwritten in place does not. SQLite starts a new log with each start and grows it up to the
 * first checkpoint, so the room is laid out once, when the store is opened: zeros behind the log's end, as many as lie between two
 * checkpoints. SQLite reads a log up to the first frame that is not valid, and zeros are none; what a longer log of before left behind
 * the end is read the same way. Room is a matter of speed alone: where there is none, the log grows as it always did.
 */
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { CHECKPOINT_PAGES, pragmaNumber, type Connection } from './database.ts';

/** Before each page in the log. */
const FRAME_HEADER_BYTES = 24;
/** The commit that calls for the checkpoint lies beyond it. */
const LAST_COMMIT_PAGES = 256;
const ZEROS = 1024 * 1024;

/**
 * To be called once the log was written to, by whoever holds the write connection. Nobody can write meanwhile, in this process or in
 * another: a zero must never fall on a frame. @returns whether there is room now
 */
export function makeRoomForLog(writer: Connection, path: string): boolean {
  writer.exec('BEGIN IMMEDIATE');
  try {
    return extend(
      `${path}-wal`,
      (CHECKPOINT_PAGES + LAST_COMMIT_PAGES) *
        (pragmaNumber(writer, 'page_size') + FRAME_HEADER_BYTES),
    );
  } finally {
    writer.exec('ROLLBACK');
  }
}

function extend(path: string, bytes: number): boolean {
  let log: number;
  try {
    log = openSync(path, 'r+');
  } catch {
    return false;
  }
  const end = fstatSync(log).size;
  try {
    const zeros = Buffer.alloc(ZEROS);
    for (let at = end; at < bytes;) at += writeSync(log, zeros, 0, Math.min(ZEROS, bytes - at), at);
    // Blocks are given out when the bytes are written down, not when they are handed over.
    if (end < bytes) fdatasyncSync(log);
    return true;
  } catch {
    giveBack(log, end);
    return false;
  } finally {
    closeSync(log);
  }
}

/** A disk this full needs the room for something else. */
function giveBack(log: number, end: number): void {
  try {
    ftruncateSync(log, end);
  } catch {
    // Zeros behind the end harm nobody.
  }
}
