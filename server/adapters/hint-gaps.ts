/**
 * Notices what was not heard of other nodes: each counts what it says on a channel, so a number that is left out is a message that was
 * lost, and a node that falls silent may have taken one along. Remembers a bounded number of nodes, whoever claims to be one.
 */
import type { Clock } from '../ports/clock.ts';

export interface HintGapsParts {
  readonly clock: Clock;
  readonly limits: { readonly clusterNodes: number; readonly silentMs: number };
}

interface Node {
  heardAt: number;
  /** By channel: the last number heard. */
  readonly last: Map<number, number>;
}

export class HintGaps {
  readonly #parts: HintGapsParts;
  /** The one that was heard least recently first. */
  readonly #nodes = new Map<string, Node>();

  constructor(parts: HintGapsParts) {
    this.#parts = parts;
  }

  /** @returns whether something before this message may have been lost. A number may come twice. */
  heard(from: string, channel: number, n: number): boolean {
    const now = this.#parts.clock.monotonic();
    const node = this.#nodes.get(from) ?? { heardAt: now, last: new Map<number, number>() };
    node.heardAt = now;
    this.#nodes.delete(from);
    this.#nodes.set(from, node);
    for (const oldest of this.#nodes.keys()) {
      if (this.#nodes.size <= this.#parts.limits.clusterNodes) break;
      this.#nodes.delete(oldest);
    }
    const last = node.last.get(channel) ?? 0;
    node.last.set(channel, n);
    return n !== last && n !== last + 1;
  }

  /** Nobody could be heard until now: silence so far means nothing. */
  listenAgain(): void {
    const now = this.#parts.clock.monotonic();
    for (const node of this.#nodes.values()) node.heardAt = now;
  }

  /** Forgets those that fell silent. @returns whether there was one */
  tend(): boolean {
    const { clock, limits } = this.#parts;
    const since = clock.monotonic() - limits.silentMs;
    let isOneSilent = false;
    for (const [from, node] of this.#nodes) {
      if (node.heardAt > since) break;
      this.#nodes.delete(from);
      isOneSilent = true;
    }
    return isOneSilent;
  }
}
