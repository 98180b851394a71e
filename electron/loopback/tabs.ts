/**
 * The WebSocket side of the loopback host: lets in the tabs of our own page, holds one session of the core for each, and knows
 * which of them somebody looked at last. A stranger is one with another origin, another host name, or without ticket or
 * secret; strangers get no session and hear nothing.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Clock, Log } from '../core/ports.ts';
import type { BridgeSession } from '../host/bridge-session.ts';
import {
  CLOSE_STRANGER,
  SECRET_PREFIX,
  SUBPROTOCOL,
  TAB_PREFIX,
  TICKET_PREFIX,
  frameUp,
  type FrameDown,
  type FrameUp,
} from './frames.ts';
import { namesHost } from './page-server.ts';
import { Tab, type TabLine } from './tab.ts';
import type { Tickets } from './tickets.ts';

export interface TabsParts {
  readonly server: Server;
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly tickets: Tickets;
  readonly openSession: () => BridgeSession;
  /** What a tab that has just come in has to hear first. */
  readonly greeting: () => readonly FrameDown[];
  readonly onFrame: (frame: Exclude<FrameUp, { readonly t: 'call' | 'focus' | 'bye' }>) => void;
  /** Our own page came with a ticket that was used before; told at most once in a while. */
  readonly onStranger: () => void;
  /** The last tab has been gone for a while. */
  readonly onEmpty: () => void;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/** A draft of `draftBytes`, escaped at its worst, and the frame round it. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
/** A page whose line was cut is back within seconds. */
const KEEP_TAB_MS = 20_000;
const EMPTY_MS = 3_000;
const TELL_STRANGER_EVERY_MS = 10_000;

interface Card {
  readonly tab: string;
  readonly secret: string | undefined;
  /** Given once, with the ticket. */
  readonly fresh: string | undefined;
}

export class Tabs {
  readonly #parts: TabsParts;
  readonly #sockets: WebSocketServer;
  readonly #tabs = new Map<string, Tab>();
  readonly #ends = new Map<string, () => void>();
  #isStrangerTold = false;
  #cancelEmpty = (): void => undefined;

  constructor(parts: TabsParts) {
    this.#parts = parts;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    parts.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  /** Whether any tab is open now. */
  get isEmpty(): boolean {
    return ![...this.#tabs.values()].some((tab) => tab.isConnected);
  }

  /** To the tab somebody looks at, or looked at last. False when there is none. */
  tell(frame: FrameDown): boolean {
    const open = [...this.#tabs.values()].filter((tab) => tab.isConnected);
    const tab = open.find(({ isFocused }) => isFocused) ?? open.at(-1);
    tab?.say(frame);
    return tab !== undefined;
  }

  tellAll(frame: FrameDown): void {
    for (const tab of this.#tabs.values()) tab.say(frame);
  }

  dispose(): void {
    this.#cancelEmpty();
    for (const cancel of this.#ends.values()) cancel();
    for (const socket of this.#sockets.clients) socket.terminate();
    for (const tab of this.#tabs.values()) tab.dispose();
    this.#tabs.clear();
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, log } = this.#parts;
    socket.on('error', () => socket.destroy());
    const isOurPage =
      namesHost(request, host) &&
      request.headers.origin === `http://${host}` &&
      request.url === '/bridge';
    if (!isOurPage) {
      log.warn('loopback.stranger');
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (line) => {
      const card = this.#cardOf(request);
      if (card === undefined) {
        log.warn('loopback.no-ticket');
        line.close(CLOSE_STRANGER);
        this.#tellStranger();
        return;
      }
      this.#admit(line, card);
    });
  }

  #tellStranger(): void {
    if (this.#isStrangerTold) return;
    this.#isStrangerTold = true;
    this.#parts.onStranger();
    this.#parts.clock.after(TELL_STRANGER_EVERY_MS, () => (this.#isStrangerTold = false));
  }

  #cardOf(request: IncomingMessage): Card | undefined {
    const offered = (request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((one) => one.trim());
    const after = (prefix: string): string | undefined =>
      offered.find((one) => one.startsWith(prefix))?.slice(prefix.length);
    const tab = after(TAB_PREFIX);
    if (!offered.includes(SUBPROTOCOL) || tab === undefined || !/^[\w-]{8,64}$/.test(tab))
      return undefined;
    const ticket = after(TICKET_PREFIX);
    const fresh = ticket === undefined ? undefined : this.#parts.tickets.redeem(ticket);
    const known = after(SECRET_PREFIX);
    const secret =
      fresh ?? (known !== undefined && this.#parts.tickets.isSecret(known) ? known : undefined);
    return secret === undefined ? undefined : { tab, secret, fresh };
  }

  #admit(socket: WebSocket, { tab: name, secret, fresh }: Card): void {
    // Known by both: the name of another tab is of no use to a page with another secret.
    const key = `${secret}.${name}`;
    this.#cancelEmpty();
    this.#ends.get(key)?.();
    this.#ends.delete(key);
    const tab =
      this.#tabs.get(key) ?? new Tab({ session: this.#parts.openSession(), log: this.#parts.log });
    // Last in the order of the map: the newest tab is the one to talk to while none has the focus.
    this.#tabs.delete(key);
    this.#tabs.set(key, tab);
    const line: TabLine = (frame) => socket.send(JSON.stringify(frame));
    tab.connect(line);
    if (fresh !== undefined) tab.say({ t: 'welcome', secret: fresh });
    for (const frame of this.#parts.greeting()) tab.say(frame);
    socket.on('message', (data, isBinary) =>
      this.#receive(socket, key, tab, isBinary ? undefined : data),
    );
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#left(key, tab, line));
  }

  #receive(socket: WebSocket, key: string, tab: Tab, data: WebSocket.RawData | undefined): void {
    const frame = data === undefined ? undefined : readFrame(data);
    if (frame === undefined) {
      this.#parts.log.warn('loopback.bad-frame');
      socket.close(1003);
      return;
    }
    if (frame.t === 'call') void tab.call(frame);
    else if (frame.t === 'focus') tab.isFocused = frame.isFocused;
    else if (frame.t === 'bye') this.#end(key, tab);
    else this.#parts.onFrame(frame);
  }

  #end(key: string, tab: Tab): void {
    this.#ends.get(key)?.();
    this.#ends.delete(key);
    if (this.#tabs.get(key) === tab) this.#tabs.delete(key);
    tab.dispose();
  }

  #left(key: string, tab: Tab, line: TabLine): void {
    tab.disconnect(line);
    if (!tab.isConnected && this.#tabs.get(key) === tab) {
      this.#ends.set(
        key,
        this.#parts.clock.after(KEEP_TAB_MS, () => this.#end(key, tab)),
      );
    }
    if (!this.isEmpty) return;
    this.#cancelEmpty();
    this.#cancelEmpty = this.#parts.clock.after(EMPTY_MS, () => {
      if (this.isEmpty) this.#parts.onEmpty();
    });
  }
}

function readFrame(data: WebSocket.RawData): FrameUp | undefined {
  try {
    const parsed = frameUp.safeParse(JSON.parse((data as Buffer).toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
