/**
 * A WebSocket as a wire. `ws` reads: frames, fragments, masks, UTF-8 and close codes are its business. Writing is done here, straight to
 * the socket: packets come framed and shared, several of them leave in one write, and what waits is the socket's own count and never a
 * second queue inside `ws`.
 */
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { Connection } from './connection.ts';
import type { RelayCore } from './core.ts';
import { joinFrames, type Packet } from './packet.ts';
import type { Principal } from './auth-port.ts';
import type { Wire } from './wire.ts';

/** FIN and opcode ping, no payload. The same two bytes for everybody. */
const PING = Buffer.from([0x89, 0x00]);
/** Frames up to this together are copied into one buffer; more is handed to the socket piece by piece, uncopied. */
const JOIN_BYTES = 16 * 1024;
/** Unsupported data: the wire carries text. */
const NOT_TEXT = 1003;

/**
 * What the gateway makes of `ws`'s class. Its events are taken where they are emitted and handed to the wire: five listeners per socket
 * would cost as much memory as all that the relay itself keeps of one.
 */
export class RelaySocket extends WebSocket {
  wire: SocketWire | undefined;

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    switch (event) {
      case 'message':
        // `ws` hands over Buffers unless its binaryType was changed.
        this.wire?.message(values[0] as Buffer, values[1] as boolean);
        return true;
      case 'ping':
        this.wire?.pinged(values[0] as Buffer);
        return true;
      case 'pong':
        this.wire?.heard();
        return true;
      case 'close':
        this.wire?.closed();
        this.wire = undefined;
        return true;
      case 'error':
        // A broken frame or a lost line: `ws` closes with the fitting code by itself, and `close` follows.
        return true;
      default:
        return super.emit(event, ...values);
    }
  }
}

export class SocketWire implements Wire {
  readonly #ws: RelaySocket;
  readonly #socket: Socket;
  readonly #core: RelayCore;
  readonly #connection: Connection;
  #isWaiting = false;

  constructor(ws: RelaySocket, socket: Duplex, core: RelayCore, principal: Principal) {
    this.#ws = ws;
    // Node's upgrades come on net or TLS sockets.
    this.#socket = socket as Socket;
    this.#core = core;
    this.#connection = core.accept(principal, this);
    ws.wire = this;
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
    const joined = joinFrames(packets, JOIN_BYTES);
    if (joined) socket.write(joined);
    else {
      socket.cork();
      for (const packet of packets) socket.write(packet.frame);
      socket.uncork();
    }
    if (!socket.writableNeedDrain || this.#isWaiting) return;
    this.#isWaiting = true;
    socket.once('drain', () => {
      this.#isWaiting = false;
      this.#core.drained(this.#connection);
    });
  }

  ping(): void {
    if (this.#socket.writable) this.#socket.write(PING);
  }

  close(code: number): void {
    this.#ws.close(code);
    // Who does not read will not read why either: what waits for them is given up with them.
    if (code === CLOSE.slow) this.#ws.terminate();
  }

  terminate(): void {
    this.#ws.terminate();
  }

  message(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.#core.reject(this.#connection, NOT_TEXT);
    else this.#core.receive(this.#connection, data.toString(), data.length);
  }

  /** Answered by hand: an automatic pong would queue without end for somebody who pings and does not read. */
  pinged(data: Buffer): void {
    if (this.#core.pinged(this.#connection)) this.#ws.pong(data);
  }

  heard(): void {
    this.#core.heard(this.#connection);
  }

  closed(): void {
    this.#core.closed(this.#connection);
  }
}
