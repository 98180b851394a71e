/**
 * The relay without sockets: members connect over wires, say frames, and are told events. The WebSocket gateway carries it over the
 * network, a simulation carries it over two functions. Everything it needs from the world comes in as ports.
 *
 * Guarantees: exactly one good `hello` comes first; every mutation and question is answered once, in words of the protocol; whatever a
 * client sends, the worst it gets is a refusal or its own socket closed; a session that ends takes its sockets along at once.
 */
import type { KeyObject } from 'node:crypto';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { Hello } from '../../protocol/frames-up.ts';
import type { SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { FanOut } from '../ports/fan-out.ts';
import type { Log } from '../ports/log.ts';
import type { PresenceBoard } from '../ports/presence.ts';
import { StoreUnavailable, type Interruption, type Store } from '../ports/store.ts';
import type { GatewayAuth, Principal } from './auth-port.ts';
import { Beats } from './beats.ts';
import { CatchUp } from './catch-up.ts';
import { Connection, connectionToReplace } from './connection.ts';
import { Conversation } from './conversation.ts';
import { Counts } from './counts.ts';
import { greet } from './greeting.ts';
import { Hub } from './hub.ts';
import { Lifeline } from './lifeline.ts';
import { Meters } from './meter.ts';
import { Outbound } from './outbound.ts';
import { Packet } from './packet.ts';
import { Pages } from './pages.ts';
import { createPositionProofs, type PositionProofs } from './position-proofs.ts';
import { PositionCheck } from './positions.ts';
import { PresenceDesk } from './presence-desk.ts';
import { Talk } from './talk.ts';
import { TICK_MS } from './wheel.ts';
import { textWire, type TextWireParts, type Wire } from './wire.ts';

export interface RelayCoreParts {
  readonly store: Store;
  readonly fanOut: FanOut;
  readonly presence: PresenceBoard;
  readonly auth: GatewayAuth;
  /** By which positions are proved; the same for all relays of the team. */
  readonly positionKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly log: Log;
  /** Which relay of a cluster this is. */
  readonly node?: string;
  /** Called with what a member's desktop shows as its wall clock, in epoch ms. */
  readonly onMemberClock?: (at: number) => void;
  /** Processor time that this process has used, in whole milliseconds. */
  readonly cpuMs: () => number;
  /** Runs the callback when the current turn's input has been read; `setImmediate` unless a test steps by itself. */
  readonly soon?: (run: () => void) => void;
  /** Runs the callback when all that a commit set going has been said; `soon` where only that is given. */
  readonly afterCommit?: (run: () => void) => void;
}

/** The relay's end of one client, as its carrier sees it. */
export interface ClientSide {
  /** A whole message. @param bytes  its size on the network, where the carrier knows it */
  receive(text: string, bytes?: number): void;
  /** A sign of life: an answer to `ping`, or any other byte. */
  heard(): void;
  /** The wire has taken all that was queued. */
  drained(): void;
  /** The wire is gone. Nothing may be called after it. */
  closed(): void;
}

export interface RelayStats {
  readonly connections: number;
  readonly members: number;
  readonly feeds: number;
  readonly queuedBytes: number;
}

/** All feeds are held against the store once in this time. */
const AUDIT_MS = 25_000;
const DRAIN_SPREAD_MS = 10_000;
/** A client comes back within this; few clients need no long spread. */
const DRAIN_EACH_MS = 10;
const DRAIN_LEAST_MS = 300;
/** Whoever has not left this long after the last one's moment does not know the word. */
const DRAIN_GRACE_MS = 2_000;

/** The answers of a commit are made in microtasks; this runs when those are done and before anything else is read. */
const onceSaid = (run: () => void): void => process.nextTick(run);

export function createRelayCore(parts: RelayCoreParts): RelayCore {
  return new RelayCore(parts);
}

export class RelayCore {
  /** What happened since the start. */
  readonly counts = new Counts();
  readonly #parts: RelayCoreParts;
  readonly #hub: Hub;
  readonly #outbound: Outbound;
  readonly #pages: Pages;
  readonly #beats: Beats;
  readonly #positions: PositionCheck;
  readonly #catchUp: CatchUp;
  readonly #lifeline: Lifeline;
  readonly #presence: PresenceDesk;
  readonly #conversation: Conversation;
  /** For doors where a client speaks by requests. */
  readonly talk: Talk;
  readonly #stops: (() => void)[] = [];
  #connections = 0;
  #onEmpty: (() => void) | undefined;

  constructor(parts: RelayCoreParts) {
    this.#parts = parts;
    const { store, fanOut, presence: board, clock, random, limits, log } = parts;
    const soon = parts.soon ?? ((run: () => void) => void setImmediate(run));
    const afterCommit = parts.afterCommit ?? parts.soon ?? onceSaid;
    const close = (connection: Connection, code: number): void => this.#close(connection, code);
    const { counts } = this;
    this.#outbound = new Outbound({
      limits,
      clock,
      log,
      soon,
      close,
      counts,
      onDrained: (connection) => this.#catchUp.goOn(connection),
    });
    const proofs: PositionProofs = createPositionProofs(parts.positionKey, () => store.epoch);
    this.#pages = new Pages({ store, proofs, clock, limits });
    this.#hub = new Hub({
      store,
      fanOut,
      outbound: this.#outbound,
      proofs,
      limits,
      log,
      soon: (run) => {
        const heardAt = clock.monotonic();
        afterCommit(() => {
          run();
          counts.fanOut.observe(clock.monotonic() - heardAt);
        });
      },
      onStale: (feed) => this.#pages.forget(feed),
      onSessionEnded: (session) => this.endSession(session),
      onTyping: (entry, member) => this.#presence.tellTyping(entry, member),
      onBehind: (connection) => this.#catchUp.goOn(connection),
    });
    const { hub, outbound } = { hub: this.#hub, outbound: this.#outbound };
    this.#beats = new Beats({ hub, clock });
    this.#positions = new PositionCheck({ store, hub, proofs, random, log });
    this.#catchUp = new CatchUp({ hub, outbound, pages: this.#pages, counts, log });
    this.#presence = new PresenceDesk({ hub, outbound, board, fanOut, clock, limits, log, soon });
    this.#lifeline = new Lifeline({
      hub,
      beats: this.#beats,
      outbound,
      clock,
      random,
      limits,
      log,
      close,
      terminate: (connection) => this.#terminate(connection),
      onSpoken: (connection) => {
        this.#catchUp.goOn(connection);
        this.#presence.welcome(connection, connection.presence);
      },
      onTick: () => this.#tick(),
    });
    const meters = new Meters({ clock, limits });
    this.#conversation = new Conversation({
      store,
      meters,
      proofs,
      auth: parts.auth,
      outbound,
      presence: this.#presence,
      counts,
      clock,
      limits,
      log,
      node: parts.node ?? 'relay',
      cpuMs: parts.cpuMs,
      close,
      onHello: (connection, hello) => this.#greet(connection, hello),
      onRenewed: (connection) => {
        if (!connection.isTalk) this.#lifeline.renewed(connection);
      },
    });
    this.talk = new Talk({
      hub,
      store,
      clock,
      limits,
      meters,
      receive: (connection, text, bytes) => this.#conversation.receive(connection, text, bytes),
    });
    this.#stops.push(
      store.onCommitted((events) => fanOut.publish({ kind: 'events', events })),
      parts.auth.onSessionEnded((session) => this.endSession(session)),
      store.onInterrupted((what) => this.#goOn(what)),
    );
  }

  get stats(): RelayStats {
    let members = 0;
    for (const _ of this.#hub.members()) members++;
    return {
      connections: this.#connections,
      members,
      feeds: this.#hub.feedCount,
      queuedBytes: this.#outbound.queuedBytes,
    };
  }

  /** For simulations and tests: a client over two functions. */
  connect(principal: Principal, wire: TextWireParts): ClientSide {
    const connection = this.accept(principal, textWire(wire));
    return {
      receive: (text, bytes) => this.receive(connection, text, bytes),
      heard: () => this.heard(connection),
      drained: () => this.drained(connection),
      closed: () => this.closed(connection),
    };
  }

  /** Takes in a client whose token is good. The carrier then calls `receive`, `heard`, `drained` and `closed` with what it returns. */
  accept(principal: Principal, wire: Wire): Connection {
    const { clock, limits } = this.#parts;
    const node = this.#hub.enter(principal.member);
    if (node.connections.length >= limits.socketsPerMember) {
      const replaced = connectionToReplace(node.connections);
      if (replaced) this.#replace(replaced);
    }
    const accessUntil = clock.monotonic() + principal.accessExpiresAt - clock.now();
    // The member's last other socket may just have been replaced.
    const connection = new Connection(
      wire,
      this.#hub.enter(principal.member),
      principal.session,
      accessUntil,
    );
    const { member } = connection;
    member.connections =
      member.connections.length === 0 ? [connection] : [...member.connections, connection];
    this.#connections++;
    this.#lifeline.start(connection);
    return connection;
  }

  receive(connection: Connection, text: string, bytes?: number): void {
    this.#conversation.receive(connection, text, bytes);
  }

  /** The client's hello came with its request. @param isPoll  it asks who is there by itself, and is not told */
  begin(
    connection: Connection,
    hello: Hello,
    how: { readonly isGoingOn: boolean; readonly isPoll: boolean },
  ): void {
    this.#greet(connection, hello, how);
  }

  /** Who is there, for those who ask; undefined in a crowd. */
  presence(): Promise<Packet | undefined> {
    return this.#presence.whole();
  }

  /** The heads of what moved since the client's last beat; undefined when nothing did. */
  beat(connection: Connection): Packet | undefined {
    return connection.stage === 'open' ? this.#beats.moved(connection) : undefined;
  }

  /** A ping of the client. False when it should go unanswered. */
  pinged(connection: Connection): boolean {
    return this.#conversation.pinged(connection);
  }

  heard(connection: Connection): void {
    connection.isHeard = true;
  }

  drained(connection: Connection): void {
    this.#outbound.drained(connection);
  }

  closed(connection: Connection): void {
    if (connection.stage !== 'closed') this.#forget(connection);
  }

  /** Calls back when a message that begins now should be complete. @returns cancels it */
  afterMessageTime(run: () => void): () => void {
    const { clock, limits } = this.#parts;
    return clock.after(limits.messageMs, run);
  }

  /** The carrier cannot let this pass: a binary message, say. */
  reject(connection: Connection, code: number): void {
    this.#close(connection, code);
  }

  endSession(session: SessionId): void {
    for (const node of this.#hub.members()) {
      for (const connection of [...node.connections]) {
        if (connection.session === session) this.#close(connection, CLOSE.sessionEnded);
      }
    }
  }

  /**
   * Asks every client to leave and come back a little later, each at its own moment. Resolves when all have gone; the rest is closed
   * after `withinMs` at most, sooner where they are few.
   */
  async drain(withinMs: number): Promise<void> {
    const { clock, random, log } = this.#parts;
    const spread = Math.min(DRAIN_SPREAD_MS, this.#connections * DRAIN_EACH_MS);
    log.info('draining', { connections: this.#connections, spreadMs: spread });
    for (const connection of this.#all()) {
      if (connection.stage === 'new') this.#close(connection, CLOSE.restart);
      else {
        // Who leaves without a proof of the newest could not tell if the store lost it meanwhile.
        const beat = this.beat(connection);
        if (beat) this.#outbound.queue(connection, beat);
        const afterMs = Math.round(DRAIN_LEAST_MS + spread * random.fraction());
        this.#outbound.queue(connection, new Packet(JSON.stringify({ t: 'drain', afterMs })));
      }
    }
    this.#outbound.flush();
    await new Promise<void>((resolve) => {
      if (this.#connections === 0) return resolve();
      const cancel = clock.after(
        Math.min(withinMs, DRAIN_LEAST_MS + spread + DRAIN_GRACE_MS),
        resolve,
      );
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
    for (const connection of this.#all()) this.#close(connection, CLOSE.restart);
  }

  dispose(): void {
    for (const connection of this.#all()) this.#close(connection, CLOSE.restart);
    for (const stop of this.#stops) stop();
    this.#lifeline.dispose();
    this.#presence.dispose();
    this.#hub.dispose();
  }

  /** The store is there again. Positions of an epoch that is over mean nothing any more: everybody says hello anew. */
  #goOn(what: Interruption): void {
    this.#parts.log.warn('store-interrupted', { what });
    if (what === 'reconnected') return this.#hub.doubt();
    this.#pages.forgetAll();
    this.#hub.forgetProofs();
    for (const connection of this.#all())
      if (!connection.isProving) this.#close(connection, CLOSE.restart);
  }

  #all(): Connection[] {
    return [...this.#hub.members()].flatMap((node) => node.connections);
  }

  #tick(): void {
    this.#pages.tend();
    this.#outbound.tend();
    this.#presence.tend();
    this.#hub.audit(TICK_MS / AUDIT_MS);
  }

  #greet(
    connection: Connection,
    hello: Hello,
    { isGoingOn, isPoll } = { isGoingOn: false, isPoll: false },
  ): void {
    const { store, clock, limits, log, node = 'relay' } = this.#parts;
    const close = (one: Connection, code: number): void => this.#close(one, code);
    connection.stage = 'greeting';
    if (hello.at !== undefined) this.#parts.onMemberClock?.(hello.at);
    connection.asksPingMs = hello.pingEveryMs;
    // A poll is answered when there is nothing to tell, too: it would hold its request open.
    this.#lifeline.open(connection, isPoll ? 0 : hello.silenceMs);
    greet(
      {
        store,
        hub: this.#hub,
        outbound: this.#outbound,
        beats: this.#beats,
        positions: this.#positions,
        clock,
        limits,
        log,
        node,
        close,
      },
      connection,
      hello,
      isGoingOn,
    ).then(
      (isWelcome) => {
        if (!isWelcome) return;
        this.#catchUp.goOn(connection, hello.focus);
        if (isPoll || connection.isHushed) this.#presence.set(connection, hello.presence);
        else this.#presence.welcome(connection, hello.presence);
        this.#conversation.goOn(connection);
      },
      (error: unknown) => {
        if (error instanceof StoreUnavailable) log.warn('store-unavailable', { what: 'hello' });
        else log.error('hello-failed', { member: connection.member.id }, error);
        this.#close(connection, CLOSE.restart);
      },
    );
  }

  /** The member has too many sockets. */
  #replace(connection: Connection): void {
    this.#parts.log.info('client-replaced', {
      member: connection.member.id,
      session: connection.session,
    });
    this.#close(connection, CLOSE.replaced);
  }

  #close(connection: Connection, code: number): void {
    if (connection.stage === 'closed') return;
    if (connection.isTalk) {
      connection.stage = 'closed';
      return connection.wire.close(code);
    }
    // What was answered before goes first.
    if (connection.stage === 'open' && code !== CLOSE.slow) this.#outbound.send(connection);
    this.#forget(connection);
    connection.wire.close(code);
  }

  #terminate(connection: Connection): void {
    if (connection.stage === 'closed') return;
    this.#forget(connection);
    connection.wire.terminate();
  }

  #forget(connection: Connection): void {
    connection.stage = 'closed';
    connection.missed = undefined;
    connection.held = undefined;
    connection.early = undefined;
    this.#connections--;
    this.#outbound.forget(connection);
    this.#lifeline.stop(connection);
    this.#hub.leave(connection);
    this.#presence.left(connection.member);
    if (this.#connections === 0) this.#onEmpty?.();
  }
}
