/**
 * The connections that have not shown a good token yet. They are counted by network, and a network
 * of which more connections come than it may make is closed unread. Networks that have shown a good
 * token before have places of their own, which strangers cannot use up. A trusted proxy carries
 * everybody's connections: one of them counts with the client's network while it carries a request.
 */
import type { Socket } from 'node:net';
import type { Limits } from '../../protocol/limits.ts';
import { ConnectionLimit } from '../limits/connection-limit.ts';
import { networkOf, networksOf, plainAddress } from '../limits/networks.ts';
import type { NetworkRates } from '../limits/network-rates.ts';

export interface UnauthenticatedParts {
  readonly limits: Pick<
    Limits,
    | 'socketsUnauthenticated'
    | 'socketsUnauthenticatedPerAddress'
    | 'socketsUnauthenticatedKnown'
    | 'knownNetworks'
  >;
  readonly rates: Pick<NetworkRates, 'takeConnection'>;
  readonly trustedProxies: ReadonlySet<string>;
  /** A connection was closed because there were too many. */
  readonly onFull: () => void;
}

/** One end of a connection; a TLS socket and the plain one under it have the same. */
export type End = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>;

interface Entry {
  readonly socket: Socket;
  readonly key: string;
  readonly limit: ConnectionLimit<Entry>;
}

export class UnauthenticatedConnections {
  readonly #parts: UnauthenticatedParts;
  readonly #byKey = new Map<string, Entry>();
  /** A socket that is closed does not know its ends any more. */
  readonly #keys = new WeakMap<Socket, string>();
  readonly #strangers: ConnectionLimit<Entry>;
  readonly #known: ConnectionLimit<Entry>;
  readonly #proxied: ConnectionLimit<Entry>;
  /** Networks that have shown a good token, the latest last. */
  readonly #knownNetworks = new Set<string>();
  /** What `close` listeners call; one function for all, since a connection may live for weeks. */
  readonly #forget: (this: Socket) => void;

  constructor(parts: UnauthenticatedParts) {
    this.#parts = parts;
    const { limits } = parts;
    const close = (entry: Entry): void => this.#close(entry);
    const most = limits.socketsUnauthenticated;
    const mostPerGroup = limits.socketsUnauthenticatedPerAddress;
    this.#strangers = new ConnectionLimit({ most, mostPerGroup, close });
    this.#known = new ConnectionLimit({
      most: limits.socketsUnauthenticatedKnown,
      mostPerGroup,
      close,
    });
    this.#proxied = new ConnectionLimit({ most, mostPerGroup, close });
    const remove = (socket: Socket): void => this.#remove(this.#keys.get(socket) ?? '');
    this.#forget = function forget() {
      remove(this);
    };
  }

  /** How many there are. */
  get size(): number {
    return this.#byKey.size;
  }

  /** A connection came. It may be closed at once, or another one may have to give way. */
  arrive(socket: Socket): void {
    const { remoteAddress } = socket;
    // Gone already: it has no address to count.
    if (remoteAddress === undefined) return void socket.destroy();
    const isProxy = this.#isProxy(remoteAddress);
    if (!isProxy && this.#parts.rates.takeConnection(remoteAddress) > 0) {
      this.#parts.onFull();
      return void socket.destroy();
    }
    const key = keyOf(socket);
    const isKnown = this.#knownNetworks.has(networkOf(remoteAddress));
    const limit = isProxy ? this.#proxied : isKnown ? this.#known : this.#strangers;
    const entry = this.#hold({ socket, key, limit });
    this.#count(entry, remoteAddress);
  }

  /** A request of this client came over the connection. */
  request(socket: Socket, client: string): void {
    const { remoteAddress = '' } = socket;
    if (!this.#isProxy(remoteAddress)) return;
    const key = keyOf(socket);
    // Not held after a member used it; a proxy may use it for a stranger next.
    const entry = this.#byKey.get(key) ?? this.#hold({ socket, key, limit: this.#proxied });
    // Without a client's address it is the proxy's own request, or the proxy does not tell.
    this.#proxied.add(entry, this.#isProxy(client) ? [key] : networksOf(client));
  }

  /** The request is complete. The relay owes the next step, so nothing makes the connection give way. */
  received(socket: Socket): void {
    const entry = this.#byKey.get(keyOf(socket));
    if (entry) this.#uncount(entry);
  }

  /** The request was answered: the client owes the next step again. */
  answered(socket: Socket): void {
    const { remoteAddress } = socket;
    const entry = this.#byKey.get(keyOf(socket));
    if (entry && remoteAddress !== undefined) this.#count(entry, remoteAddress);
  }

  /** It showed a good token: it counts here no more, and its network is known. */
  admit(end: End): void {
    const { remoteAddress } = end;
    this.#remove(keyOf(end));
    if (remoteAddress === undefined || this.#isProxy(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    this.#knownNetworks.delete(network);
    this.#knownNetworks.add(network);
    const [oldest = ''] = this.#knownNetworks;
    if (this.#knownNetworks.size > this.#parts.limits.knownNetworks)
      this.#knownNetworks.delete(oldest);
  }

  #count(entry: Entry, address: string): void {
    const { limit, key } = entry;
    // Until its request is there, each connection of a proxy is a group of its own.
    if (limit === this.#proxied) return limit.add(entry, [key]);
    limit.add(entry, networksOf(address));
  }

  #uncount(entry: Entry): void {
    entry.limit.remove(entry);
  }

  #hold(entry: Entry): Entry {
    const { socket, key } = entry;
    this.#byKey.set(key, entry);
    this.#keys.set(socket, key);
    socket.on('close', this.#forget);
    return entry;
  }

  #isProxy(address: string): boolean {
    return this.#parts.trustedProxies.has(plainAddress(address));
  }

  #close(entry: Entry): void {
    this.#parts.onFull();
    this.#remove(entry.key);
    entry.socket.destroy();
  }

  #remove(key: string): void {
    const entry = this.#byKey.get(key);
    if (!entry) return;
    this.#byKey.delete(key);
    entry.socket.off('close', this.#forget);
    this.#uncount(entry);
  }
}

const keyOf = ({ remoteAddress, remotePort, localAddress, localPort }: End): string =>
  `${remoteAddress ?? ''} ${remotePort ?? 0} ${localAddress ?? ''} ${localPort ?? 0}`;
