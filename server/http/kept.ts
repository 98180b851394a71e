/**
 * The connections over which sessions come to the doors. Each is kept a while for the next request, longer than one of a stranger; a
 * session may have so many, and the one that it used longest ago gives way. An answer that nobody takes for too long ends its connection:
 * whoever asked is slow, and what waits for them costs memory.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';

export interface KeptParts {
  readonly limits: Pick<Limits, 'doorKeepAliveMs' | 'doorConnections' | 'outboundStallMs'>;
  /** An answer was not taken. */
  readonly onStalled: () => void;
}

/** A connection is kept for longer than it was said, so that a request which was on its way in time is met. */
const SLACK_MS = 1_000;

export class Kept {
  readonly #parts: KeptParts;
  readonly #sessionOf = new WeakMap<Socket, SessionId>();
  /** Those of a session in the order in which they were used last. */
  readonly #of = new Map<SessionId, Set<Socket>>();

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /** A request of this session came over the connection. */
  used(session: SessionId, response: ServerResponse): void {
    const { socket } = response;
    if (!socket) return;
    const { limits } = this.#parts;
    this.#own(session, socket);
    response.setHeader('keep-alive', `timeout=${Math.floor(limits.doorKeepAliveMs / 1_000)}`);
    // After Node, which sets the time for strangers.
    response.once('finish', () => socket.setTimeout(limits.doorKeepAliveMs + SLACK_MS));
  }

  /** From now on the client has to take what it is answered. */
  answering(response: ServerResponse): void {
    response.setTimeout(this.#parts.limits.outboundStallMs, () => {
      this.#parts.onStalled();
      response.destroy();
    });
  }

  #own(session: SessionId, socket: Socket): void {
    const before = this.#sessionOf.get(socket);
    if (before === undefined) socket.once('close', () => this.#leave(socket));
    // Behind a balancer another session may have used it before.
    else if (before !== session) this.#leave(socket);
    this.#sessionOf.set(socket, session);
    const mine = this.#of.get(session) ?? new Set();
    this.#of.set(session, mine);
    mine.delete(socket);
    mine.add(socket);
    const [oldest] = mine;
    if (mine.size > this.#parts.limits.doorConnections) oldest?.destroy();
  }

  #leave(socket: Socket): void {
    const session = this.#sessionOf.get(socket);
    const mine = session === undefined ? undefined : this.#of.get(session);
    mine?.delete(socket);
    if (session !== undefined && mine?.size === 0) this.#of.delete(session);
  }
}
