/**
 * One message to clients, encoded once for all of them. The text serves wires that carry text; the WebSocket frame around it is made
 * when the first socket asks and then shared, the same bytes for everybody. Nothing may change it once it was handed to a wire.
 */

/** FIN and opcode text: a server's frame is not masked. */
const FIN_TEXT = 0x81;

export class Packet {
  readonly text: string;
  #frame: Buffer | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get frame(): Buffer {
    return (this.#frame ??= frameOf(this.text));
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

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FIN_TEXT;
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
