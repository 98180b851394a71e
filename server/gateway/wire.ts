/**
 * A wire: one client's line, whatever carries it. A WebSocket is one; a pair of functions in a test or a simulation is another
 * (`textWire`). The hub hands over what one turn of the event loop has for a client as one `send`.
 */
import { CUT } from '../../protocol/close-codes.ts';
import type { Packet } from './packet.ts';

export interface Wire {
  /** Whole messages, in order, as one write where the carrier can. */
  send(packets: readonly Packet[]): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly queuedBytes: number;
  /** Bytes the network has taken so far. Only grows; when it stops while bytes are queued, the other side is not reading. */
  readonly takenBytes: number;
  /** Asks the other side for a sign of life; any answer reaches the connection as `heard`. */
  ping(): void;
  /** Says why and ends. What was handed over before goes first, if the other side takes it soon. */
  close(code: number): void;
  /** Ends at once, whatever is queued. */
  terminate(): void;
}

export interface TextWireParts {
  readonly send: (text: string) => void;
  readonly close: (code: number) => void;
  /** What the other side has not taken yet; by default nothing ever waits. */
  readonly queuedBytes?: () => number;
  readonly ping?: () => void;
}

/** A wire that delivers each message as text to a function. */
export function textWire({ send, close, queuedBytes, ping }: TextWireParts): Wire {
  let handed = 0;
  const queued = queuedBytes ?? (() => 0);
  return {
    send(packets) {
      for (const { text } of packets) {
        handed += text.length;
        send(text);
      }
    },
    get queuedBytes() {
      return queued();
    },
    get takenBytes() {
      return handed - queued();
    },
    ping: () => ping?.(),
    close,
    // 1006 is what a socket without a goodbye reports.
    terminate: () => close(CUT),
  };
}
