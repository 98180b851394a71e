/**
 * How many connections may stand at the door without having shown a token: few per address, some in all. Beyond that new ones are
 * closed at once, before a byte of theirs is read, so that those who are inside do not notice.
 */
import type { Socket } from 'node:net';
import type { Limits } from '../../protocol/limits.ts';

export interface DoorkeeperParts {
  readonly limits: Pick<Limits, 'socketsUnauthenticated' | 'socketsUnauthenticatedPerAddress'>;
  /** Proxies bring everybody's connections: only the total counts for them. */
  readonly trustedProxies: ReadonlySet<string>;
  /** A connection was closed because too many wait. */
  readonly onFull: () => void;
}

interface Waiting {
  readonly socket: Socket;
  readonly onClose: () => void;
}

type End = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export class Doorkeeper {
  readonly #parts: DoorkeeperParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #perAddress = new Map<string, number>();

  constructor(parts: DoorkeeperParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** A connection came. False when it was closed because too many wait. */
  arrive(socket: Socket): boolean {
    const { limits, trustedProxies, onFull } = this.#parts;
    const address = plain(socket.remoteAddress);
    const here = this.#perAddress.get(address) ?? 0;
    const isFull = this.#waiting.size >= limits.socketsUnauthenticated;
    const isProxy = trustedProxies.has(address);
    if (isFull || (!isProxy && here >= limits.socketsUnauthenticatedPerAddress)) {
      onFull();
      socket.destroy();
      return false;
    }
    // Kept by its two ends: a TLS socket and the plain one under it have the same.
    const key = keyOf(socket);
    const onClose = (): void => this.#leave(key, address);
    const waiting = { socket, onClose };
    this.#waiting.set(key, waiting);
    this.#perAddress.set(address, here + 1);
    socket.on('close', onClose);
    return true;
  }

  /** It showed a good token: it waits no more. */
  admit(end: End): void {
    this.#leave(keyOf(end), plain(end.remoteAddress));
  }

  #leave(key: string, address: string): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    // A connection may live for weeks after this.
    waiting.socket.off('close', waiting.onClose);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

const keyOf = ({ remoteAddress, remotePort }: End): string =>
  `${remoteAddress ?? ''} ${remotePort ?? 0}`;
const plain = (address: string | undefined): string =>
  (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
