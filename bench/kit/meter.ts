/**
 * Who got what. Every channel has one order: the one in which its messages were first seen by anybody. A member's next message must
 * be the next of that order, so one compare per delivery proves: everybody got everything, once, in one order for all, and each
 * sender's messages in the order they were sent.
 *
 * All members of a channel may get the very same bytes. A large frame that equals one that another member got at the same place of
 * the order is not read twice: a `memcmp` is enough, which keeps the load lighter than the server it measures. Several relays cut what
 * they say into frames of their own, so at one place there may be frames of several lengths.
 */
import { eachBody } from './bodies.ts';
import type { DelayHistogram } from './stats.ts';

const WORTH_REMEMBERING = 600;
const REMEMBERED_FRAMES = 256;
/** No frame is longer. */
const MAX_FRAME_BYTES = 2 ** 24;
const FAULTS_KEPT = 5;

interface Frame {
  readonly bytes: Buffer;
  readonly count: number;
}

interface ChannelCount {
  /** Message numbers in the channel's order. */
  order: Int32Array;
  length: number;
  sent: number;
  /** By place and length. */
  readonly frames: Map<number, Frame>;
}

export interface Tally {
  readonly sent: number;
  readonly deliveries: number;
  readonly missing: number;
  /** Doubled, out of order, or never sent. */
  readonly wrong: number;
  readonly faults: readonly string[];
}

export interface MeterParts {
  /** The channel of each member. */
  readonly channelOf: readonly number[];
  readonly channels: number;
  /** No body is shorter. */
  readonly bodyBytes: number;
  /** Called when a member's own message comes back to them. */
  readonly onOwn: (member: number) => void;
  readonly now: () => number;
}

export class Meter {
  readonly #parts: MeterParts;
  readonly #channels: ChannelCount[];
  readonly #cursor: Int32Array;
  readonly #isAway: Uint8Array;
  #senderOf = new Int32Array(1 << 16);
  #sentAt = new Float64Array(1 << 16);
  #isOrdered = new Uint8Array(1 << 16);
  #lastOrdered: Int32Array;
  #sent = 0;
  #deliveries = 0;
  #wrong = 0;
  readonly #faults: string[] = [];
  /** Takes the delay of every delivery while set. */
  delays: DelayHistogram | null = null;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.#channels = Array.from({ length: parts.channels }, () => ({
      order: new Int32Array(1024),
      length: 0,
      sent: 0,
      frames: new Map(),
    }));
    this.#cursor = new Int32Array(parts.channelOf.length);
    this.#isAway = new Uint8Array(parts.channelOf.length);
    this.#lastOrdered = new Int32Array(parts.channelOf.length).fill(-1);
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  /** Registers a message before it is sent and gives its number. @param at  when it was meant to be sent */
  send(member: number, at: number): number {
    const n = this.#sent++;
    if (n >= this.#senderOf.length) this.#grow();
    this.#senderOf[n] = member;
    this.#sentAt[n] = at;
    this.#channelAt(member).sent += 1;
    return n;
  }

  /** Takes all bodies of one frame that came to a member; returns how many there were. */
  take(member: number, buffer: Buffer, from: number, to: number): number {
    const channel = this.#channelAt(member);
    const start = this.#cursor[member] ?? 0;
    const length = to - from;
    const key = start * MAX_FRAME_BYTES + length;
    const known = length < WORTH_REMEMBERING ? undefined : channel.frames.get(key);
    if (known !== undefined && buffer.compare(known.bytes, 0, length, from, to) === 0) {
      for (let i = 0; i < known.count; i++) this.#arrived(member, channel.order[start + i] ?? 0);
      this.#cursor[member] = start + known.count;
      this.#deliveries += known.count;
      return known.count;
    }
    const before = this.#wrong;
    const count = eachBody(buffer, from, to, this.#parts.bodyBytes, (n) =>
      this.#takeOne(member, channel, n),
    );
    if (length < WORTH_REMEMBERING || count === 0 || known !== undefined || this.#wrong !== before)
      return count;
    if (channel.frames.size >= REMEMBERED_FRAMES) channel.frames.clear();
    channel.frames.set(key, { bytes: Buffer.from(buffer.subarray(from, to)), count });
    return count;
  }

  /** What a member misses while away is not missing; `isBack` makes it count again. */
  setAway(member: number, isAway: boolean): void {
    this.#isAway[member] = isAway ? 1 : 0;
  }

  /** Whether this member has everything that was sent in their channel. */
  isWhole(member: number): boolean {
    return this.#cursor[member] === this.#channelAt(member).sent;
  }

  isAllWhole(): boolean {
    for (let member = 0; member < this.#cursor.length; member++) {
      if (this.#isAway[member] === 0 && !this.isWhole(member)) return false;
    }
    return true;
  }

  tally(): Tally {
    let missing = 0;
    for (let member = 0; member < this.#cursor.length; member++) {
      if (this.#isAway[member] === 0)
        missing += this.#channelAt(member).sent - (this.#cursor[member] ?? 0);
    }
    return {
      sent: this.#sent,
      deliveries: this.#deliveries,
      missing,
      wrong: this.#wrong,
      faults: this.#faults,
    };
  }

  #takeOne(member: number, channel: ChannelCount, n: number): void {
    const at = this.#cursor[member] ?? 0;
    if (at === channel.length && !this.#extend(member, channel, n)) return;
    if (channel.order[at] !== n) {
      this.#fault(
        `member ${member} got message ${n} where its channel has ${channel.order[at] ?? 'nothing'} (place ${at})`,
      );
      return;
    }
    this.#cursor[member] = at + 1;
    this.#deliveries += 1;
    this.#arrived(member, n);
  }

  #arrived(member: number, n: number): void {
    if (this.#senderOf[n] === member) this.#parts.onOwn(member);
    if (this.delays !== null)
      this.delays.record((this.#parts.now() - (this.#sentAt[n] ?? 0)) * 1000);
  }

  /** The first sight of a message decides its place in the channel's order. */
  #extend(member: number, channel: ChannelCount, n: number): boolean {
    const sender = this.#senderOf[n] ?? -1;
    if (n >= this.#sent || this.#isOrdered[n] === 1 || this.#channelAt(sender) !== channel) {
      this.#fault(`member ${member} got message ${n}, which was never sent there or came before`);
      return false;
    }
    if ((this.#lastOrdered[sender] ?? -1) >= n) {
      this.#fault(
        `message ${n} of member ${sender} came after its successor ${this.#lastOrdered[sender] ?? -1}`,
      );
    }
    this.#isOrdered[n] = 1;
    this.#lastOrdered[sender] = n;
    if (channel.length === channel.order.length) {
      const grown = new Int32Array(channel.length * 2);
      grown.set(channel.order);
      channel.order = grown;
    }
    channel.order[channel.length++] = n;
    return true;
  }

  #channelAt(member: number): ChannelCount {
    const channel = this.#channels[this.#parts.channelOf[member] ?? -1];
    if (channel === undefined) throw new Error(`member ${member} is in no channel`);
    return channel;
  }

  #fault(words: string): void {
    this.#wrong += 1;
    if (this.#faults.length < FAULTS_KEPT) this.#faults.push(words);
  }

  #grow(): void {
    const size = this.#senderOf.length * 2;
    const [senderOf, sentAt, isOrdered] = [
      new Int32Array(size),
      new Float64Array(size),
      new Uint8Array(size),
    ];
    senderOf.set(this.#senderOf);
    sentAt.set(this.#sentAt);
    isOrdered.set(this.#isOrdered);
    [this.#senderOf, this.#sentAt, this.#isOrdered] = [senderOf, sentAt, isOrdered];
  }
}
