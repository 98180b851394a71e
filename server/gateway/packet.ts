/**
 * One message to clients, encoded once for all of them. The text serves wires that carry text; the WebSocket frame around it is made
 * when the first socket asks and then shared, the same bytes for everybody. Nothing may change it once it was handed to a wire.
 */
import { encodeEvent } from '../../protocol/doors.ts';

/** A server's frames are whole and not masked. */
const FIN = 0x80;
const TEXT = 0x1;
const NOTHING = new Uint8Array(0);
/**
 * Larger frames have memory of their own. Smaller ones share Node's pool, which is quick; but one that waits for a slow reader keeps its
 * whole piece of the pool, and large ones would keep each other's twice over.
 */
const POOLED_BYTES = 1_024;

export class Packet {
  readonly text: string;
  #frame: Buffer | undefined;
  #event: Buffer | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get frame(): Buffer {
    return (this.#frame ??= frameOf(this.text));
  }

  /** The same as a server-sent event. */
  get event(): Buffer {
    return (this.#event ??= Buffer.from(encodeEvent(this.text)));
  }
}

/** The frames of all packets in one buffer; undefined when they are more than `most` bytes. A single frame is given as it is. */
export function joinFrames(packets: readonly Packet[], most: number): Buffer | undefined {
  const [only] = packets;
  if (only && packets.length === 1) return only.frame;
  let size = 0;
  for (const { frame } of packets) size += frame.length;
  if (size > most) return undefined;
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { frame } of packets) {
    joined.set(frame, at);
    at += frame.length;
  }
  return joined;
}

/** A frame of the kind that is no message: ping, pong, close. @param payload  at most 125 bytes, as every such frame that is read */
export function controlFrame(opcode: number, payload: Uint8Array = NOTHING): Buffer {
  const frame = Buffer.allocUnsafe(2 + payload.length);
  frame[0] = FIN | opcode;
  frame[1] = payload.length;
  frame.set(payload, 2);
  return frame;
}

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame =
    start + length > POOLED_BYTES
      ? Buffer.allocUnsafeSlow(start + length)
      : Buffer.allocUnsafe(start + length);
  frame[0] = FIN | TEXT;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, start);
  return frame;
}
