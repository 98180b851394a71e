/**
 * The pages of a SQLite file as they stood at its last commit, read without SQLite: the file,
 * and over it its write-ahead log. It trusts no header, and takes each frame of the log by its
 * own checksum. Formats: https://www.sqlite.org/fileformat2.html
 */
import { readFileSync } from 'node:fs';

/** All our databases are made with SQLite's default. */
export const PAGE_BYTES = 4_096;
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;
/** The last bit tells the byte order in which checksums are made. */
const MAGIC = 0x377f0682;

interface Frame {
  readonly page: number;
  /** The log may be read up to here. */
  readonly isCommit: boolean;
  readonly content: Uint8Array;
  readonly isWhole: boolean;
}

/** By page number, from 1. */
export function readPages(path: string): ReadonlyMap<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  const file = contentOf(path);
  for (let at = 0; at + PAGE_BYTES <= file.length; at += PAGE_BYTES)
    pages.set(at / PAGE_BYTES + 1, file.subarray(at, at + PAGE_BYTES));
  const frames = framesOf(contentOf(`${path}-wal`)).frames;
  const lastCommit = frames.findLastIndex((frame) => frame.isWhole && frame.isCommit);
  for (const frame of frames.slice(0, lastCommit + 1))
    if (frame.isWhole) pages.set(frame.page, frame.content);
  return pages;
}

/**
 * Whether the log has commits that SQLite would pass over in silence: it stops reading at the
 * first frame whose checksum is wrong. A log that merely ends in the middle of a commit is what
 * a crash leaves, and is well.
 */
export function isLogDamaged(path: string): boolean {
  const log = contentOf(`${path}-wal`);
  if (log.length < LOG_HEADER_BYTES) return false;
  const { frames, isHeaderWhole } = framesOf(log);
  if (!isHeaderWhole) return frames.length > 0;
  const firstBad = frames.findIndex((frame) => !frame.isWhole);
  return firstBad >= 0 && frames.slice(firstBad).some((frame) => frame.isWhole && frame.isCommit);
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    // Not there, a folder, or not readable: there is nothing to be had from it.
    return Buffer.alloc(0);
  }
}

function framesOf(log: Buffer): {
  readonly frames: readonly Frame[];
  readonly isHeaderWhole: boolean;
} {
  if (log.length < LOG_HEADER_BYTES) return { frames: [], isHeaderWhole: true };
  const magic = log.readUInt32BE(0);
  const isBigEndian = magic === MAGIC + 1;
  const isHeaderWhole =
    (magic === MAGIC || isBigEndian) &&
    isSum(log, 24, checksum(log.subarray(0, 24), [0, 0], isBigEndian));
  const starts: number[] = [];
  for (let at = LOG_HEADER_BYTES; at + FRAME_BYTES <= log.length; at += FRAME_BYTES)
    starts.push(at);
  // Frames of an earlier round of the log have other salts.
  const salt = isHeaderWhole
    ? saltAt(log, 16)
    : mostFrequent(starts.map((at) => saltAt(log, at + 8)));
  const frames: Frame[] = [];
  let seed = sumAt(log, 24);
  for (const at of starts) {
    const content = log.subarray(at + FRAME_HEADER_BYTES, at + FRAME_BYTES);
    const sum = checksum(
      content,
      checksum(log.subarray(at, at + 8), seed, isBigEndian),
      isBigEndian,
    );
    if (saltAt(log, at + 8) === salt || isSum(log, at + 16, sum))
      frames.push({
        page: log.readUInt32BE(at),
        isCommit: log.readUInt32BE(at + 4) !== 0,
        content,
        isWhole: saltAt(log, at + 8) === salt && isSum(log, at + 16, sum),
      });
    else frames.push({ page: 0, isCommit: false, content, isWhole: false });
    // Each frame is held against what the one before it says of itself, so that one bad frame
    // costs two at most.
    seed = sumAt(log, at + 16);
  }
  return { frames, isHeaderWhole };
}

type Sum = readonly [number, number];

const saltAt = (log: Buffer, at: number): string => log.toString('hex', at, at + 8);
const sumAt = (log: Buffer, at: number): Sum => [log.readUInt32BE(at), log.readUInt32BE(at + 4)];
const isSum = (log: Buffer, at: number, [a, b]: Sum): boolean =>
  log.readUInt32BE(at) === a && log.readUInt32BE(at + 4) === b;

function checksum(bytes: Buffer, [first, second]: Sum, isBigEndian: boolean): Sum {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    const [x, y] = isBigEndian
      ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
      : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    a = (a + x + b) >>> 0;
    b = (b + y + a) >>> 0;
  }
  return [a, b];
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}
