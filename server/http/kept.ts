/**
 * The connections over which members send HTTP requests. Each is kept a while for the next request, longer than one of
 * a stranger. A member may have so many over all devices; of more, the device that holds most closes the one that it
 * used longest ago. An answer that the client does not read for too long ends its connection.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MemberId, SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';

export interface KeptParts {
  readonly limits: Pick<Limits, 'doorKeepAliveMs' | 'doorConnections' | 'outboundStallMs'>;
  /** An answer was not taken. */
  readonly onStalled: () => void;
}

export interface Device {
  readonly member: MemberId;
  readonly session: SessionId;
}

/** A connection is kept for longer than it was said, so that a request which was on its way in time is met. */
const SLACK_MS = 1_000;

export class Kept {
  readonly #parts: KeptParts;
  readonly #deviceOf = new WeakMap<Socket, Device>();
  /** The connections of each member, the one that was used longest ago first. */
  readonly #of = new Map<MemberId, Set<Socket>>();

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /** A request of this device came over the connection. */
  used(device: Device, response: ServerResponse): void {
    const { socket } = response;
    if (!socket) return;
    const { limits } = this.#parts;
    this.#own(device, socket);
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

  #own(device: Device, socket: Socket): void {
    const before = this.#deviceOf.get(socket);
    if (before === undefined) socket.once('close', () => this.#leave(socket));
    // Behind a balancer another member may have used it before.
    else if (before.member !== device.member) this.#leave(socket);
    this.#deviceOf.set(socket, device);
    const mine = this.#of.get(device.member) ?? new Set();
    this.#of.set(device.member, mine);
    mine.delete(socket);
    mine.add(socket);
    if (mine.size > this.#parts.limits.doorConnections) this.#oneTooMany(mine)?.destroy();
  }

  #oneTooMany(mine: ReadonlySet<Socket>): Socket | undefined {
    const bySession = Map.groupBy(mine, (socket) => this.#deviceOf.get(socket)?.session);
    let most: readonly Socket[] = [];
    for (const own of bySession.values()) if (own.length > most.length) most = own;
    return most[0];
  }

  #leave(socket: Socket): void {
    const member = this.#deviceOf.get(socket)?.member;
    const mine = member === undefined ? undefined : this.#of.get(member);
    mine?.delete(socket);
    if (member !== undefined && mine?.size === 0) this.#of.delete(member);
  }
}
