/**
 * Cuts the bytes of one client into messages, as RFC 6455 has a server read that offers no extension: masks off, pieces put together,
 * UTF-8 checked. What is too large is refused by its header, before anything is set aside for it. Between messages it holds nothing;
 * of a frame whose rest has not come yet it holds at most about twice what has come. After a fault or a goodbye it takes nothing more.
 */
import { isUtf8 } from 'node:buffer';
import type { Limits } from '../../protocol/limits.ts';

/** What is found in the bytes, in order. */
export interface FrameSink {
  /** A whole text message. @param bytes  its size as it came */
  text(text: string, bytes: number): void;
  /** @param data  good only during the call */
  pinged(data: Buffer): void;
  ponged(): void;
  /** The client closes; 1005 when it does not say why. The last that is told. */
  bye(code: number): void;
  /** The client broke a rule: the close code for it. The last that is told. */
  broken(code: number): void;
}

export const PROTOCOL_ERROR = 1002;
export const NOT_TEXT = 1003;
export const NO_STATUS = 1005;
export const NOT_UTF8 = 1007;
export const TOO_MANY_PIECES = 1008;
export const TOO_LARGE = 1009;

const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;
const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const CONTROL = 0x8;
const LONGEST_CONTROL = 125;
const MASK_BYTES = 4;
/** What is begun is at first given this much room. */
const LEAST_ROOM = 256;

/** The pieces of a message whose last one has not come. */
interface Pieces {
  readonly parts: Buffer[];
  size: number;
}

export class FrameReader {
  readonly #limits: Pick<Limits, 'frameBytes' | 'frameFragments'>;
  readonly #sink: FrameSink;
  /** The begun frame: its first `#restBytes` bytes are there. */
  #rest: Buffer | undefined;
  #restBytes = 0;
  #pieces: Pieces | undefined;
  #isOver = false;
  #completed = 0;

  constructor(limits: Pick<Limits, 'frameBytes' | 'frameFragments'>, sink: FrameSink) {
    this.#limits = limits;
    this.#sink = sink;
  }

  /** Something was begun, a frame or a message in pieces, whose rest has not come. */
  get isUnfinished(): boolean {
    return this.#rest !== undefined || this.#pieces !== undefined;
  }

  /** Messages and control frames that are complete; not the control frames inside a message. */
  get completed(): number {
    return this.#completed;
  }

  /** @param chunk  the reader's from now on: masks are taken off in place */
  take(chunk: Buffer): void {
    if (this.#isOver) return;
    const bytes = this.#rest === undefined ? chunk : this.#append(this.#rest, chunk);
    const end = bytes === chunk ? chunk.length : this.#restBytes;
    let at = 0;
    for (;;) {
      const size = this.#frame(bytes, at, end);
      if (this.#isOver) break;
      if (size === 0) return this.#keep(bytes, at, end);
      at += size;
    }
    this.#rest = undefined;
    this.#pieces = undefined;
  }

  /** Takes in the frame that starts at `at`. @returns its size, 0 when some of it is still to come */
  #frame(bytes: Buffer, at: number, end: number): number {
    if (end - at < 2) return 0;
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const opcode = first & 0x0f;
    if (!this.#isAllowed(first, second))
      return this.#fault(opcode === OPCODE.binary ? NOT_TEXT : PROTOCOL_ERROR);
    let length = second & 0x7f;
    let start = at + 2;
    if (length === 126) {
      if (end - start < 2) return 0;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      if (end - start < 8) return 0;
      length = bytes.readUInt32BE(start) * 2 ** 32 + bytes.readUInt32BE(start + 4);
      start += 8;
    }
    const isControl = (opcode & CONTROL) !== 0;
    if (!isControl) {
      if ((this.#pieces?.size ?? 0) + length > this.#limits.frameBytes)
        return this.#fault(TOO_LARGE);
      if (this.#pieces !== undefined && this.#pieces.parts.length >= this.#limits.frameFragments)
        return this.#fault(TOO_MANY_PIECES);
    }
    const from = start + MASK_BYTES;
    const to = from + length;
    if (end < to) return 0;
    const isAscii = unmask(bytes, from, to);
    if (isControl ? this.#pieces === undefined : (first & FIN) !== 0) this.#completed++;
    if (isControl) this.#control(opcode, bytes.subarray(from, to));
    else if ((first & FIN) !== 0 && this.#pieces === undefined)
      this.#whole(bytes, from, to, isAscii);
    else this.#piece(bytes.subarray(from, to), (first & FIN) !== 0);
    return to - at;
  }

  /** Whether the first two bytes of a frame may stand here. A binary message never may. */
  #isAllowed(first: number, second: number): boolean {
    if ((first & RESERVED) !== 0 || (second & MASKED) === 0) return false;
    const isFinal = (first & FIN) !== 0;
    switch (first & 0x0f) {
      case OPCODE.continuation:
        return this.#pieces !== undefined;
      case OPCODE.text:
        return this.#pieces === undefined;
      case OPCODE.close:
      case OPCODE.ping:
      case OPCODE.pong:
        return isFinal && (second & 0x7f) <= LONGEST_CONTROL;
      default:
        return false;
    }
  }

  #whole(bytes: Buffer, from: number, to: number, isAscii: boolean): void {
    if (isAscii) this.#sink.text(bytes.toString('latin1', from, to), to - from);
    else if (isUtf8(bytes.subarray(from, to)))
      this.#sink.text(bytes.toString('utf8', from, to), to - from);
    else this.#fault(NOT_UTF8);
  }

  #piece(payload: Buffer, isLast: boolean): void {
    const pieces = (this.#pieces ??= { parts: [], size: 0 });
    // A copy: a piece of one byte would keep all that came with it.
    pieces.parts.push(Buffer.from(payload));
    pieces.size += payload.length;
    if (!isLast) return;
    this.#pieces = undefined;
    this.#whole(Buffer.concat(pieces.parts), 0, pieces.size, false);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) return this.#sink.pinged(payload);
    if (opcode === OPCODE.pong) return this.#sink.ponged();
    if (payload.length === 0) return this.#bye(NO_STATUS);
    const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
    if (!isCloseCode(code)) this.#fault(PROTOCOL_ERROR);
    else if (!isUtf8(payload.subarray(2))) this.#fault(NOT_UTF8);
    else this.#bye(code);
  }

  #bye(code: number): void {
    this.#isOver = true;
    this.#sink.bye(code);
  }

  #fault(code: number): 0 {
    this.#isOver = true;
    this.#sink.broken(code);
    return 0;
  }

  /** The begun frame with what came now at its end. */
  #append(rest: Buffer, chunk: Buffer): Buffer {
    const size = this.#restBytes + chunk.length;
    let room = rest;
    if (room.length < size) {
      room = Buffer.allocUnsafeSlow(Math.max(size, room.length * 2));
      rest.copy(room, 0, 0, this.#restBytes);
    }
    chunk.copy(room, this.#restBytes);
    this.#rest = room;
    this.#restBytes = size;
    return room;
  }

  #keep(bytes: Buffer, at: number, end: number): void {
    const left = end - at;
    if (left === 0) this.#rest = undefined;
    else if (at > 0 || this.#rest === undefined) {
      const room = Buffer.allocUnsafeSlow(Math.max(left, LEAST_ROOM));
      bytes.copy(room, 0, at, end);
      this.#rest = room;
    }
    this.#restBytes = left;
  }
}

/** Takes the mask that stands before `from` off what stands behind it. @returns whether all of it is ASCII, and so needs no UTF-8 check */
function unmask(bytes: Buffer, from: number, to: number): boolean {
  const a = bytes[from - 4] ?? 0;
  const b = bytes[from - 3] ?? 0;
  const c = bytes[from - 2] ?? 0;
  const d = bytes[from - 1] ?? 0;
  let seen = 0;
  let i = from;
  for (; i + 3 < to; i += 4) {
    const w = (bytes[i] ?? 0) ^ a;
    const x = (bytes[i + 1] ?? 0) ^ b;
    const y = (bytes[i + 2] ?? 0) ^ c;
    const z = (bytes[i + 3] ?? 0) ^ d;
    bytes[i] = w;
    bytes[i + 1] = x;
    bytes[i + 2] = y;
    bytes[i + 3] = z;
    seen |= w | x | y | z;
  }
  for (let n = 0; i < to; i++, n++) {
    const byte = (bytes[i] ?? 0) ^ (n === 0 ? a : n === 1 ? b : c);
    bytes[i] = byte;
    seen |= byte;
  }
  return seen < 0x80;
}

/** The codes that may stand in a close frame: those with a meaning of RFC 6455 and its registry, and those free to use. */
function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
