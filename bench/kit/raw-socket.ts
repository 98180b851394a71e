/**
 * The lean half of a WebSocket that a load needs: it upgrades, cuts what arrives into frames without copying them, and writes
 * masked text frames. One read buffer is shared by all sockets of the process. It trusts the server, checks nothing that costs
 * time, and answers pings. Not for the product: it has no fragments, no UTF-8 check and no limits.
 */
import net from 'node:net';
import tls from 'node:tls';

export interface RawSocketParts {
  readonly port: number;
  readonly isTls: boolean;
  readonly path: string;
  readonly headers: readonly string[];
  readonly onOpen: () => void;
  /** One whole frame's payload, in `buffer` from `from` to `to`; valid only during the call. */
  readonly onText: (buffer: Buffer, from: number, to: number) => void;
  readonly onClose: (why: string) => void;
}

const SHARED = Buffer.allocUnsafe(256 * 1024);
const MASK = [0x5c, 0xa3, 0x17, 0xe9] as const;
const HEAD_END = Buffer.from('\r\n\r\n');

export class RawSocket {
  readonly #socket: net.Socket;
  readonly #parts: RawSocketParts;
  #isOpen = false;
  #isOver = false;
  /** Begun but unfinished bytes. */
  #rest = Buffer.alloc(0);
  #restLength = 0;

  constructor(parts: RawSocketParts) {
    this.#parts = parts;
    const onread = {
      buffer: SHARED,
      callback: (length: number): boolean => {
        this.#take(length);
        return true;
      },
    };
    // No address of our own: binding to one first has the system search for a free port, ten thousand times in vain.
    const options = { host: '127.0.0.1', port: parts.port, noDelay: true, onread };
    this.#socket = parts.isTls
      ? tls.connect({ ...options, rejectUnauthorized: false })
      : net.connect(options);
    this.#socket.once(parts.isTls ? 'secureConnect' : 'connect', () =>
      this.#socket.write(this.#request()),
    );
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('gone'));
  }

  /** @param text  ASCII only */
  sendText(text: string): void {
    this.#socket.write(maskedFrame(0x1, text));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends without a close frame, as a pulled plug does. */
  destroy(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #request(): string {
    const lines = [
      `GET ${this.#parts.path} HTTP/1.1`,
      `Host: 127.0.0.1:${this.#parts.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: bGFuZGxpbmUtYmVuY2gtMQ==',
      ...this.#parts.headers,
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  #take(length: number): void {
    if (this.#isOver) return;
    let buffer = SHARED;
    let to = length;
    if (this.#restLength > 0) {
      to = this.#restLength + length;
      if (this.#rest.length < to) {
        const grown = Buffer.allocUnsafe(Math.max(to, this.#rest.length * 2));
        this.#rest.copy(grown, 0, 0, this.#restLength);
        this.#rest = grown;
      }
      SHARED.copy(this.#rest, this.#restLength, 0, length);
      buffer = this.#rest;
    }
    const from = this.#isOpen ? this.#cut(buffer, 0, to) : this.#upgraded(buffer, to);
    this.#keep(buffer, from, to);
  }

  #keep(buffer: Buffer, from: number, to: number): void {
    const left = to - from;
    if (left === 0) {
      if (this.#restLength > 0) this.#rest = Buffer.alloc(0);
    } else if (buffer === this.#rest) {
      if (from > 0) this.#rest.copyWithin(0, from, to);
    } else {
      this.#rest = Buffer.from(buffer.subarray(from, to));
    }
    this.#restLength = left;
  }

  #upgraded(buffer: Buffer, to: number): number {
    const end = buffer.subarray(0, to).indexOf(HEAD_END);
    if (end < 0) return 0;
    const head = buffer.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#end(`refused: ${head.split('\r\n', 1)[0] ?? ''}`);
      this.#socket.destroy();
      return to;
    }
    this.#isOpen = true;
    this.#parts.onOpen();
    return this.#cut(buffer, end + 4, to);
  }

  /** Hands out every whole frame; returns where the first unfinished one starts. */
  #cut(buffer: Buffer, start: number, to: number): number {
    let at = start;
    while (to - at >= 2 && !this.#isOver) {
      let length = (buffer[at + 1] ?? 0) & 127;
      let header = 2;
      if (length === 126) {
        if (to - at < 4) break;
        length = buffer.readUInt16BE(at + 2);
        header = 4;
      } else if (length === 127) {
        if (to - at < 10) break;
        length = buffer.readUIntBE(at + 4, 6);
        header = 10;
      }
      const from = at + header;
      if (to - from < length) break;
      const opcode = (buffer[at] ?? 0) & 15;
      if (opcode === 1) this.#parts.onText(buffer, from, from + length);
      else if (opcode === 9)
        this.#socket.write(maskedFrame(0xa, buffer.toString('latin1', from, from + length)));
      else if (opcode === 8) this.#end(`closed ${length >= 2 ? buffer.readUInt16BE(from) : 1005}`);
      at = from + length;
    }
    return this.#isOver ? to : at;
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.onClose(why);
    this.#socket.destroy();
  }
}

/** A whole masked frame of a client. */
export function maskedFrame(opcode: number, text: string): Buffer {
  const length = text.length;
  const header = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x80 | opcode;
  if (length < 126) {
    frame[1] = 0x80 | length;
  } else if (length < 65_536) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeUIntBE(0, 2, 2);
    frame.writeUIntBE(length, 4, 6);
  }
  for (let i = 0; i < 4; i++) frame[header - 4 + i] = MASK[i] ?? 0;
  frame.write(text, header, 'latin1');
  for (let i = 0; i < length; i++)
    frame[header + i] = (frame[header + i] ?? 0) ^ (MASK[i & 3] ?? 0);
  return frame;
}
