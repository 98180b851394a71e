/**
 * A WebSocket as a wire, straight on the upgraded socket. Reading is the frame reader's; writing is done here: packets come framed and
 * shared, several of them leave in one write, and what waits is the socket's own count and never a second queue. A connection costs the
 * socket, this and the reader: its listeners are the same few functions for all of them, and only one that is closing has a timer.
 */
import type { Socket } from 'node:net';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Principal } from './auth-port.ts';
import type { Connection } from './connection.ts';
import type { RelayCore } from './core.ts';
import { FrameReader, NO_STATUS, type FrameSink } from './frame-reader.ts';
import { controlFrame, joinFrames, type Packet } from './packet.ts';
import type { Wire } from './wire.ts';

const OPCODE_CLOSE = 0x8;
const OPCODE_PONG = 0xa;
/** The same two bytes for everybody. */
const PING = controlFrame(0x9);
/**
 * Frames up to this together are copied into one buffer; more is handed to the socket piece by piece, uncopied. So is everything where
 * something waits already: what is shared waits once for all of them, and a copy would wait for each.
 */
const JOIN_BYTES = 16 * 1024;
/** How long a goodbye may take: a peer that is gone keeps its memory no longer than this. */
const CLOSE_TIMEOUT_MS = 2_000;

const WIRE = Symbol('wire');
type WiredSocket = Socket & { [WIRE]?: SocketWire };

export class SocketWire implements Wire, FrameSink {
  readonly #socket: WiredSocket;
  readonly #core: RelayCore;
  readonly #connection: Connection;
  readonly #reader: FrameReader;
  #isClosing = false;
  /** Ends the time for what was begun; most messages come in one piece and need none. */
  #cancelTimeout: (() => void) | undefined;

  /** @param socket  upgraded, and nobody else's from now on */
  constructor(socket: Socket, core: RelayCore, principal: Principal, limits: Limits) {
    this.#socket = socket;
    this.#core = core;
    this.#reader = new FrameReader(limits, this);
    this.#connection = core.accept(principal, this);
    this.#socket[WIRE] = this;
    socket.setNoDelay(true);
    socket.setTimeout(0);
    // Who ends their side gets what waits for them, and then our end by itself.
    socket.allowHalfOpen = false;
    socket.on('data', onData);
    socket.on('drain', onDrain);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  send(packets: readonly Packet[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const joined = joinFrames(packets, socket.writableLength > 0 ? 0 : JOIN_BYTES);
    if (joined) socket.write(joined);
    else {
      socket.cork();
      for (const packet of packets) socket.write(packet.frame);
      socket.uncork();
    }
  }

  /** Bytes that came. */
  take(chunk: Buffer): void {
    const reader = this.#reader;
    const before = reader.completed;
    reader.take(chunk);
    if (this.#cancelTimeout && (!reader.isUnfinished || reader.completed !== before))
      this.#stopTimeout();
    if (reader.isUnfinished && !this.#cancelTimeout && !this.#isClosing)
      this.#cancelTimeout = this.#core.afterMessageTime(() => this.#tooLate());
  }

  /** The socket took all that waited. */
  drained(): void {
    this.#core.drained(this.#connection);
  }

  /** The socket is over, with a goodbye or without. */
  gone(): void {
    this.#isClosing = true;
    this.#stopTimeout();
    this.#core.closed(this.#connection);
  }

  pinged(data: Buffer): void {
    if (this.#core.pinged(this.#connection)) this.#write(controlFrame(OPCODE_PONG, data));
  }

  ponged(): void {
    this.#core.heard(this.#connection);
  }

  text(text: string, bytes: number): void {
    this.#core.receive(this.#connection, text, bytes);
  }

  broken(code: number): void {
    this.#core.reject(this.#connection, code);
    // What still comes of theirs is not read, their goodbye neither.
    this.#socket.end();
  }

  bye(code: number): void {
    if (!this.#isClosing) this.#write(closeFrame(code));
    this.gone();
    this.#socket.end();
    this.#endSoon();
  }

  ping(): void {
    this.#write(PING);
  }

  close(code: number): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#write(closeFrame(code));
    // Who does not read will not read why either: what waits for them is given up with them.
    if (code === CLOSE.slow) this.#socket.destroy();
    else this.#endSoon();
  }

  terminate(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #tooLate(): void {
    this.#cancelTimeout = undefined;
    this.broken(CLOSE.messageTimeout);
  }

  #stopTimeout(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
  }

  /** What waits may still leave. */
  #endSoon(): void {
    setTimeout(destroy, CLOSE_TIMEOUT_MS, this.#socket).unref();
  }

  #write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }
}

function closeFrame(code: number): Buffer {
  const payload = Buffer.allocUnsafe(code === NO_STATUS ? 0 : 2);
  if (payload.length > 0) payload.writeUInt16BE(code);
  return controlFrame(OPCODE_CLOSE, payload);
}

function destroy(socket: Socket): void {
  socket.destroy();
}

// What every wired socket listens with.

function onData(this: WiredSocket, chunk: Buffer): void {
  this[WIRE]?.take(chunk);
}

function onDrain(this: WiredSocket): void {
  this[WIRE]?.drained();
}

function onError(): void {
  // A lost line; `close` follows.
}

function onClose(this: WiredSocket): void {
  this[WIRE]?.gone();
  delete this[WIRE];
}
