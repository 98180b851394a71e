/**
 * How the load speaks to each contestant. A dialect knows the first words after the upgrade, how a message is put, and tells what
 * a frame is by its first bytes; nothing is parsed that need not be.
 */
import type { Pass } from './passes.ts';

/** What a frame is to the load. */
export type FrameKind = 'bodies' | 'ack' | 'ready' | 'refused' | 'other';

export interface Seat {
  readonly member: number;
  readonly channel: number;
  readonly pass: Pass | undefined;
}

export interface Dialect {
  readonly path: string;
  readonly headers: readonly string[];
  /** Said right after the upgrade. Null: being connected is being ready. */
  greeting(): string | null;
  kindOf(buffer: Buffer, from: number, to: number): FrameKind;
  post(n: number, body: string): string;
  /** The last frame with bodies before a hang-up: from it a dialect learns where to resume. */
  sawLast(text: string): void;
  /** An answer that a frame of kind `other` asks for at once. */
  replyTo(buffer: Buffer, from: number, to: number): string | null;
}

export type DialectName = 'bare' | 'socket.io' | 'relay';

export function dialectOf(name: DialectName, seat: Seat): Dialect {
  switch (name) {
    case 'bare':
      return bareDialect(seat);
    case 'socket.io':
      return socketIoDialect(seat);
    case 'relay':
      return relayDialect(seat);
  }
}

/** The body is the frame; the channel is in the address. */
function bareDialect(seat: Seat): Dialect {
  return {
    path: `/${seat.channel}`,
    headers: [],
    greeting: () => null,
    kindOf: () => 'bodies',
    post: (_n, body) => body,
    sawLast: () => undefined,
    replyTo: () => null,
  };
}

/** Engine.IO 4 and Socket.IO 5 by hand: `40` connects, `42[…]` is an event, `2` asks for `3`. */
function socketIoDialect(seat: Seat): Dialect {
  let pid: string | undefined;
  let offset: string | undefined;
  return {
    path: `/socket.io/?EIO=4&transport=websocket&channel=${seat.channel}`,
    headers: [],
    greeting: () => `40${JSON.stringify(pid === undefined ? {} : { pid, offset })}`,
    kindOf(buffer, from, to) {
      if (buffer[from] !== 52) return 'other'; // '4': a message
      if (buffer[from + 1] === 50) return 'bodies'; // '2': an event
      if (buffer[from + 1] !== 48) return buffer[from + 1] === 52 ? 'refused' : 'other';
      const { pid: given } = JSON.parse(buffer.toString('latin1', from + 2, to)) as {
        pid?: string;
      };
      // Without recovery a second connection has another pid and whatever was missed is gone.
      pid = given;
      return 'ready';
    },
    post: (_n, body) => `42["m","${body}"]`,
    sawLast(text) {
      offset = (JSON.parse(text.slice(2)) as unknown[])[2] as string | undefined;
    },
    replyTo: (buffer, from) => (buffer[from] === 50 ? '3' : null),
  };
}

const LETTER = { a: 97, c: 99, e: 101, p: 112, r: 114 } as const;

/** Landline's own wire. The frame's name starts at the seventh byte: `{"t":"…`. */
function relayDialect(seat: Seat): Dialect {
  const { pass } = seat;
  if (pass === undefined) throw new Error('a seat at the relay needs a pass');
  const positions = { ...pass.positions };
  return {
    path: '/v1/ws',
    headers: [`Authorization: Bearer ${pass.access}`, 'Sec-WebSocket-Protocol: landline.v1'],
    greeting: () =>
      JSON.stringify({
        t: 'hello',
        versions: { min: 1, max: 1 },
        epoch: pass.epoch,
        positions,
        focus: pass.channel,
        presence: 'here',
      }),
    kindOf(buffer, from) {
      const [first, second, third] = [buffer[from + 6], buffer[from + 7], buffer[from + 8]];
      if (first === LETTER.e) return 'bodies'; // events
      if (first === LETTER.a) return 'ack';
      if (first === LETTER.p && second === LETTER.a) return 'bodies'; // page
      if (first === LETTER.c) return 'ready'; // caught-up
      return first === LETTER.r && third === 102 ? 'refused' : 'other'; // refused, not roster
    },
    post: (n, body) =>
      `{"t":"post","op":"${messageIdOf(n)}","channel":"${pass.channel}","text":"${body}"}`,
    sawLast(text) {
      const { feed, events } = JSON.parse(text) as {
        feed: string;
        events: readonly { seq: number; at: number }[];
      };
      const last = events.at(-1);
      if (last) positions[feed] = { seq: last.seq, at: last.at };
    },
    replyTo: () => null,
  };
}

/** A well-formed version 7 identifier, unique within the life of a store that sees one load. */
function messageIdOf(n: number): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}
