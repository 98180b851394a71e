/**
 * The rows that stand on the leaf pages of a SQLite file, page by page: neither the header nor
 * the tree above them is needed. A row is only given when every length in it agrees and its text
 * is UTF-8. Which table it belongs to is left to the caller.
 */
import { PAGE_BYTES } from './database-pages.ts';
import type { Value } from './sqlite.ts';

export interface PageRow {
  /** An index stores the rows of a table without row ids. */
  readonly tree: 'table' | 'index';
  readonly rowid: number | null;
  readonly values: readonly Value[];
}

type Pages = ReadonlyMap<number, Uint8Array>;

const FILE_HEADER_BYTES = 100;
const TREES: Readonly<
  Record<
    number,
    { readonly tree: PageRow['tree']; readonly headerBytes: number; readonly isLeaf: boolean }
  >
> = {
  0x0d: { tree: 'table', headerBytes: 8, isLeaf: true },
  0x0a: { tree: 'index', headerBytes: 8, isLeaf: true },
  // The pages above the leaves of an index hold rows as well.
  0x02: { tree: 'index', headerBytes: 12, isLeaf: false },
};
const MOST_LOCAL = {
  table: PAGE_BYTES - 35,
  index: Math.floor(((PAGE_BYTES - 12) * 64) / 255) - 23,
};
const LEAST_LOCAL = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;

export function* rowsOnPages(pages: Pages): Generator<PageRow> {
  for (const [number, content] of pages) {
    const start = number === 1 ? FILE_HEADER_BYTES : 0;
    const kind = TREES[content[start] ?? 0];
    if (!kind) continue;
    const view = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const cells = view.readUInt16BE(start + 3);
    const pointers = start + kind.headerBytes;
    for (let n = 0; n < cells && pointers + n * 2 + 2 <= PAGE_BYTES; n++) {
      try {
        const at = view.readUInt16BE(pointers + n * 2);
        yield rowAt(pages, view, kind.isLeaf ? at : at + 4, kind.tree);
      } catch {
        // This cell is no row; the next may be one.
      }
    }
  }
}

/** @throws RangeError, TypeError where the bytes are no row */
function rowAt(pages: Pages, page: Buffer, at: number, tree: PageRow['tree']): PageRow {
  const reader = createReader(page, at);
  const size = reader.varint();
  const rowid = tree === 'table' ? reader.varint() : null;
  const local = localBytes(size, tree);
  const head = reader.bytes(local);
  const payload =
    local === size ? head : Buffer.concat([head, rest(pages, reader.uint32(), size - local)]);
  return { tree, rowid, values: valuesOf(payload) };
}

function localBytes(size: number, tree: PageRow['tree']): number {
  if (size <= MOST_LOCAL[tree]) return size;
  const local = LEAST_LOCAL + ((size - LEAST_LOCAL) % (PAGE_BYTES - 4));
  return local <= MOST_LOCAL[tree] ? local : LEAST_LOCAL;
}

/** What did not fit the page stands on a chain of others. */
function rest(pages: Pages, first: number, size: number): Buffer {
  const parts: Uint8Array[] = [];
  let left = size;
  for (let next = first; left > 0;) {
    const page = pages.get(next);
    if (!page || parts.length > pages.size) throw new RangeError('the chain is broken');
    const take = Math.min(left, PAGE_BYTES - 4);
    parts.push(page.subarray(4, 4 + take));
    left -= take;
    next = Buffer.from(page.buffer, page.byteOffset, 4).readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function valuesOf(payload: Buffer): readonly Value[] {
  const header = createReader(payload, 0);
  const headerBytes = header.varint();
  const types: number[] = [];
  while (header.at < headerBytes) types.push(header.varint());
  const body = createReader(payload, headerBytes);
  const values = types.map((type) => valueOf(type, body));
  if (header.at !== headerBytes || body.at !== payload.length || values.length === 0)
    throw new RangeError('the lengths do not agree');
  return values;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Serial types 1 to 6. */
const INTEGER_BYTES = [1, 2, 3, 4, 6, 8] as const;

function valueOf(type: number, body: Reader): Value {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return body.bytes(8).readDoubleBE(0);
  const size = INTEGER_BYTES[type - 1];
  if (size !== undefined) {
    const bytes = body.bytes(size);
    return size === 8 ? Number(bytes.readBigInt64BE(0)) : bytes.readIntBE(0, size);
  }
  if (type < 12) throw new RangeError('no such type');
  const bytes = body.bytes((type - (type % 2 === 0 ? 12 : 13)) / 2);
  return type % 2 === 0 ? new Uint8Array(bytes) : UTF8.decode(bytes);
}

interface Reader {
  readonly at: number;
  varint(): number;
  uint32(): number;
  bytes(count: number): Buffer;
}

function createReader(from: Buffer, start: number): Reader {
  let at = start;
  const bytes = (count: number): Buffer => {
    if (count < 0 || at + count > from.length) throw new RangeError('beyond the end');
    at += count;
    return from.subarray(at - count, at);
  };
  return {
    get at() {
      return at;
    },
    bytes,
    uint32: () => bytes(4).readUInt32BE(0),
    varint: () => {
      let value = 0n;
      for (let n = 0; n < 9; n++) {
        const byte = bytes(1)[0] ?? 0;
        // The ninth byte gives all its bits.
        if (n === 8) value = (value << 8n) | BigInt(byte);
        else value = (value << 7n) | BigInt(byte & 0x7f);
        if (n < 8 && byte < 0x80) break;
      }
      const number = Number(BigInt.asIntN(64, value));
      if (!Number.isSafeInteger(number)) throw new RangeError('too large');
      return number;
    },
  };
}
