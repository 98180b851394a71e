/**
 * What the doctor needs from the world. Failures are the codes of the system (`ECONNREFUSED`, `ENOTFOUND` …); whatever was cut off by
 * the signal is `ETIMEDOUT`. Each question opens a line of its own and ends it, but for the socket that an upgrade leaves open.
 */
import type { Result } from '../protocol/result.ts';

export interface Clock {
  /** Milliseconds since 1970 by the wall clock. */
  now(): number;
  /** Milliseconds that only ever grow. */
  monotonic(): number;
  /** Calls back once after `ms`. The returned function cancels. */
  after(ms: number, run: () => void): () => void;
}

/** How the other end of a line is proved before a byte of ours is sent. */
export type Trust =
  /** By its key: the SHA-256 of the SPKI, 64 hex digits. */
  | { readonly kind: 'key'; readonly fingerprint: string }
  /** By a certificate that this computer trusts. */
  | { readonly kind: 'authority' }
  /** Not at all: for who has no secret to say. */
  | { readonly kind: 'anyone' }
  /** No TLS; on this computer only. */
  | { readonly kind: 'plain' };

export interface Place {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly trust: Trust;
}

export interface Answer {
  readonly status: number;
  /** The `Date` header as it came; null without one. */
  readonly date: string | null;
  /** Parsed JSON; undefined for anything else. */
  readonly body: unknown;
}

/** An upgraded socket. Pings are answered by themselves. */
export interface OpenSocket {
  send(text: string): void;
  /** `onBytes`: anything at all came; `onText`: and it was this message. `onClose`: once; 1006 when it ended without a word. */
  watch(events: { onBytes(): void; onText(text: string): void; onClose(code: number): void }): void;
  end(): void;
}

export type Upgrade =
  /** `isAccepted`: `Sec-WebSocket-Accept` and the subprotocol are the answer to what was asked. */
  | { readonly status: 101; readonly isAccepted: boolean; readonly socket: OpenSocket }
  /** `asksBearer`: it wants a token of ours, not a password of a proxy. */
  | { readonly status: number; readonly asksBearer: boolean };

/** What came of a request for a stream. */
export interface Heard {
  readonly status: number;
  /** It is a stream of events, whatever is in it. */
  readonly isStream: boolean;
  /** What was waited for has come. */
  readonly hasCome: boolean;
}

export interface StreamRequest {
  readonly path: string;
  readonly token: string;
  /** JSON. */
  readonly body: string;
  /** What is waited for. */
  readonly until: string;
}

export interface Sockets {
  lookUp(name: string, signal: AbortSignal): Promise<Result<readonly string[], string>>;
  /** TCP alone. */
  reach(place: Place, signal: AbortSignal): Promise<Result<null, string>>;
  /** The handshake alone. `distrust`: why this computer does not trust the certificate; null when it does, or was not asked. */
  secure(
    place: Place,
    signal: AbortSignal,
  ): Promise<Result<{ readonly seen: string; readonly distrust: string | null }, string>>;
  get(place: Place, path: string, signal: AbortSignal): Promise<Result<Answer, string>>;
  /** POSTs and reads the answer until what is waited for has come, or it is over. Nothing is sent to an end that was not proved. */
  hear(place: Place, request: StreamRequest, signal: AbortSignal): Promise<Result<Heard, string>>;
  /** A WebSocket handshake, with the token in its header if there is one. Nothing is sent to an end that was not proved. */
  upgrade(
    place: Place,
    token: string | null,
    signal: AbortSignal,
  ): Promise<Result<Upgrade, string>>;
}
