/**
 * What the desktop core needs from the world. The core is plain Node: it never reaches for time, randomness, sockets,
 * dialogs or the system by itself. Two hosts fill these ports (Electron's main process and the loopback page), and
 * tests fill them with real parts or typed fakes.
 */
import type { Door } from '../../protocol/doors.ts';
import type { Result } from '../../protocol/result.ts';
import type { Handshake } from '../bridge/line.ts';

export interface Clock {
  /** Milliseconds since 1970 by the wall clock. May jump. */
  now(): number;
  /** Milliseconds that only ever grow; for durations. */
  monotonic(): number;
  /** Calls back once after `ms`. The returned function cancels; calling it late or twice does nothing. */
  after(ms: number, run: () => void): () => void;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** In [0, 1). */
  fraction(): number;
}

/** Where a relay is and which key it must have. A null fingerprint means: a certificate the system trusts. */
export interface RelayTarget {
  /** `host:port`. */
  readonly address: string;
  readonly fingerprint: string | null;
  /** Plain, unencrypted: only to loopback, for tests and benches. */
  readonly isPlain?: boolean;
}

export type DialFault =
  /** No route, refused, name not found, timed out. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'key-mismatch'; readonly expected: string; readonly seen: string }
  /** Something answered that is no Landline relay (a captive portal, another server). */
  | { readonly kind: 'not-a-relay' }
  /** A relay answers there, but no WebSocket comes through. `status`: what the upgrade was answered with in the relay's place, if it was. */
  | { readonly kind: 'no-upgrade'; readonly status: number | null }
  /** Something on the way answered in the relay's place, and the relay could not be heard behind it. */
  | { readonly kind: 'answered-for'; readonly status: number; readonly retryAfterMs: number | null }
  /** Refused by the relay itself; 401 means the token. */
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | null };

export interface SocketEvents {
  /** Something came that is no frame. Not by every way to a relay. */
  onSign?(): void;
  /** Who is at the other end was proved, and the upgrade is on its way. Not by every way to a relay. */
  onReached?(): void;
  /** Also the answer to `ping`: a pong is a sign of life. */
  onText(text: string): void;
  onPong(): void;
  /** Once. Nothing comes after it. */
  onClose(code: number): void;
  /** What was said to become a WebSocket, also when it was refused. Not by every way to a relay. */
  onHandshake?(handshake: Handshake): void;
  /** Each connection that carries the line: one, or a few that are kept from request to request. */
  onTraffic?(traffic: Traffic): void;
  /** Each request of a line over HTTP. */
  onRequest?(): void;
}

/** What one connection has carried up to the moment of the question, also after its end. */
export interface Traffic {
  /** Sent and received, with all that TLS adds; without what TCP and IP add. */
  readonly bytes: number;
  /** Times that this computer was woken: the connection came up, or something came in. */
  readonly wakeUps: number;
}

/** One open line, a WebSocket or what stands in for one. Late calls on a closed one do nothing. */
export interface RelaySocket {
  send(text: string): void;
  ping(): void;
  /** Ends it at once, without waiting for the other side. */
  terminate(): void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The way to relays. The key is checked on every connection before a byte of ours is sent. */
export interface RelayNet {
  /** @param door  what carries the line; a WebSocket unless told
   *  @param signal  gives the attempt up; what was opened before that is the caller's to end */
  dial(
    target: RelayTarget,
    accessToken: string,
    events: SocketEvents,
    door?: Door,
    signal?: AbortSignal,
  ): Promise<Result<RelaySocket, DialFault>>;
  request(
    target: RelayTarget,
    request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown },
  ): Promise<Result<HttpAnswer, DialFault>>;
  /** The fingerprint a relay shows, before anything is said to it. */
  peek(address: string): Promise<Result<{ readonly fingerprint: string }, DialFault>>;
}

/** Keeps secrets with the operating system's help. `seal` output is only readable on this computer by this user. */
export interface SecretBox {
  seal(plain: string): Uint8Array;
  /** Undefined when it was sealed elsewhere or is damaged. */
  unseal(sealed: Uint8Array): string | undefined;
  /** False where the system offers no real protection (plain-text backend). */
  readonly isProtected: boolean;
}

export interface Toast {
  /** Notifications of one tag replace each other; the core uses one tag per channel. */
  readonly tag: string;
  readonly title: string;
  readonly body: string;
  readonly isSilent: boolean;
  /** Opens this message when clicked. */
  readonly route: { readonly team: string; readonly channel: string; readonly message: string };
}

export interface Notifier {
  show(toast: Toast): Promise<'shown' | 'failed' | 'unsupported'>;
  /** Takes it back, for instance because it was read on another device. */
  clear(tag: string): void;
}

/** A relay that runs on this computer as a child process of the host. */
export interface LocalRelay {
  readonly isAvailable: boolean;
  /** Starts it or joins the one that runs. `setupCode` is there as long as the team was not set up, and is still good. */
  start(): Promise<
    Result<
      { readonly address: string; readonly fingerprint: string; readonly setupCode: string | null },
      'cannot-host'
    >
  >;
  /** Its team was set up: the code is used up. A relay tells its code once, when it starts, and nothing of what becomes of it. */
  wasSetUp(): void;
}

export interface Host {
  readonly kind: 'electron' | 'browser';
  readonly os: string;
  readonly locale: string;
  readonly version: string;
  /** Seconds without input at the computer. */
  idleSeconds(): number;
  /** The system's own do-not-disturb, where it can be asked. */
  isFocusModeOn(): boolean;
  /** Already checked by the core: http, https or mailto, re-serialised. */
  openLink(url: string): Promise<void>;
  writeClipboard(text: string): void;
  /** Dock, taskbar and tray. `count` is what is for you; `hasUnread` the quiet dot. */
  setBadge(badge: { readonly count: number; readonly hasUnread: boolean }): void;
  setTray(state: {
    readonly isLive: boolean;
    readonly teams: readonly { readonly name: string; readonly state: string }[];
  }): void;
  /** Flashes or bounces until the window is focused. */
  callAttention(): void;
  /** Brings the window up: from hidden, minimised, tray, or none. */
  showWindow(): void;
  setTheme(theme: 'system' | 'light' | 'dark'): void;
}

/** One event name, ids, never contents. */
export interface Log {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}
