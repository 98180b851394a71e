/**
 * What a network may do that has shown no good token: connect, and make requests. An IPv4 address
 * or IPv6 /64 has an allowance; the /24, /56 or /48 around it has a larger one, so the owner of a
 * wide network has not thousands of them. Requests with a good token are counted by their session
 * instead, so members behind one address do not share the allowance of its strangers.
 */
import type { SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { networksOf } from './networks.ts';
import type { Allowance, RateLimiter } from './rate-limiter.ts';

export interface NetworkRatesParts {
  readonly limiter: RateLimiter;
  readonly limits: Pick<
    Limits,
    | 'connectionsPerSecond'
    | 'connectionsBurst'
    | 'requestsPerSecond'
    | 'requestsBurst'
    | 'wideNetworkFactor'
    | 'framesPerSecond'
    | 'framesBurst'
  >;
}

/**
 * A member's requests are counted as frames too, one at least for each: this bound only spares the
 * work of refusing them there.
 */
const REQUESTS_PER_FRAME = 2;

export class NetworkRates {
  readonly #parts: NetworkRatesParts;

  constructor(parts: NetworkRatesParts) {
    this.#parts = parts;
  }

  /** @returns 0, or the milliseconds until the network may connect again */
  takeConnection(address: string): number {
    const { connectionsPerSecond, connectionsBurst } = this.#parts.limits;
    return this.#take('connection', address, connectionsPerSecond, connectionsBurst);
  }

  /** @returns 0, or the milliseconds until the network may make a request again */
  takeRequest(address: string): number {
    const { requestsPerSecond, requestsBurst } = this.#parts.limits;
    return this.#take('request', address, requestsPerSecond, requestsBurst);
  }

  /** @returns 0, or the milliseconds until the session may make a request again */
  takeSessionRequest(session: SessionId): number {
    const { framesPerSecond, framesBurst } = this.#parts.limits;
    const perSecond = framesPerSecond * REQUESTS_PER_FRAME;
    const burst = framesBurst * REQUESTS_PER_FRAME;
    return this.#parts.limiter.take([{ name: `session ${session}`, perSecond, burst }]);
  }

  #take(what: string, address: string, perSecond: number, burst: number): number {
    const { limiter, limits } = this.#parts;
    const networks = networksOf(address);
    const allowances = networks.map((network, at): Allowance => {
      const factor = at === networks.length - 1 ? 1 : limits.wideNetworkFactor;
      return {
        name: `${what} ${network}`,
        perSecond: perSecond * factor,
        burst: burst * factor,
      };
    });
    return limiter.take(allowances);
  }
}
