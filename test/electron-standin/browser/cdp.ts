/**
 * A small client of the Chrome DevTools Protocol in flat-session mode, on Node's own WebSocket. Methods and events carry the
 * protocol's types; events reach listeners in the order Chromium sent them. When the browser goes away every pending command
 * fails and `closed` is called once.
 */
import { EventEmitter } from 'node:events';
import type { Protocol } from '../../../node_modules/playwright-core/types/protocol.d.ts';

type Command = keyof Protocol.CommandParameters;
type Event = keyof Protocol.Events;

interface Pending {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Frame {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The browser itself, or one target attached to it. */
export class CdpSession {
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #transmit: (method: string, params: object) => Promise<unknown>;

  constructor(transmit: (method: string, params: object) => Promise<unknown>) {
    this.#transmit = transmit;
  }

  /** @throws Error  Chromium refused the command, or is gone */
  send<M extends Command>(
    method: M,
    params?: Protocol.CommandParameters[M],
  ): Promise<Protocol.CommandReturnValues[M]> {
    return this.#transmit(method, params ?? {}) as Promise<Protocol.CommandReturnValues[M]>;
  }

  on<E extends Event>(event: E, listener: (payload: Protocol.Events[E]) => void): void {
    this.#events.on(event, listener);
  }

  once<E extends Event>(event: E, listener: (payload: Protocol.Events[E]) => void): void {
    this.#events.once(event, listener);
  }

  receive(method: string, params: unknown): void {
    this.#events.emit(method, params);
  }
}

export class Cdp {
  readonly root: CdpSession;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #sessions = new Map<string, CdpSession>();
  readonly #closed: () => void;
  #lastId = 0;

  private constructor(socket: WebSocket, closed: () => void) {
    this.#socket = socket;
    this.#closed = closed;
    this.root = new CdpSession((method, params) => this.#send(method, params));
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(String(data)) as Frame);
    socket.onclose = () => this.#end();
  }

  /** @param closed  called once, when the browser goes away or `close()` was called */
  static async connect(endpoint: string, closed: () => void): Promise<Cdp> {
    const socket = new WebSocket(endpoint);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`cannot reach Chromium at ${endpoint}`));
    });
    return new Cdp(socket, closed);
  }

  /** The session Chromium named in an attach; events that arrive before are not lost if called in the same turn. */
  session(sessionId: string): CdpSession {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = new CdpSession((method, params) => this.#send(method, params, sessionId));
    this.#sessions.set(sessionId, session);
    return session;
  }

  close(): void {
    this.#socket.close();
  }

  #send(method: string, params: object, sessionId?: string): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new Error(`${method}: Chromium is gone`));
        return;
      }
      this.#pending.set(id, { method, resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  #receive(frame: Frame): void {
    if (frame.id === undefined) {
      const session =
        frame.sessionId === undefined ? this.root : this.#sessions.get(frame.sessionId);
      if (frame.method !== undefined) session?.receive(frame.method, frame.params);
      return;
    }
    const waiting = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    if (frame.error === undefined) waiting?.resolve(frame.result);
    else waiting?.reject(new Error(`${waiting.method}: ${frame.error.message}`));
  }

  #end(): void {
    for (const { method, reject } of this.#pending.values())
      reject(new Error(`${method}: Chromium is gone`));
    this.#pending.clear();
    this.#closed();
  }
}
