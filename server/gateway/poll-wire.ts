/**
 * The wire of one poll: collects what the client lacks and answers as soon as that is something, with `caught-up` alone when there was
 * nothing in time. Bounded: an answer that has grown large enough goes, and the client asks for the rest by its new positions.
 */
import { createHash } from 'node:crypto';
import { CUT } from '../../protocol/close-codes.ts';
import { encodeClosed } from '../../protocol/doors.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Packet } from './packet.ts';
import type { Wire } from './wire.ts';

export interface PollWireParts {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'pageBytes'>;
  readonly waitMs: number;
  /** SHA-256 of the line by which the client was last told who is there. */
  readonly seenPresence: string | null;
  /** Who is there now; undefined in a crowd. */
  readonly presence: () => Promise<Packet | undefined>;
  /** The heads of what moved since the poll began, with their proofs; undefined when nothing did. */
  readonly beat: () => Packet | undefined;
  /** Once: the frames of the answer. The wire is over. */
  readonly answer: (lines: readonly string[]) => void;
}

const CAUGHT_UP = '{"t":"caught-up"}';

export class PollWire implements Wire {
  readonly queuedBytes = 0;
  readonly takenBytes = 0;
  readonly #parts: PollWireParts;
  readonly #lines: string[] = [];
  #bytes = 0;
  #isCaughtUp = false;
  #isOver = false;
  #cancel: (() => void) | undefined;

  constructor(parts: PollWireParts) {
    this.#parts = parts;
  }

  send(packets: readonly Packet[]): void {
    if (this.#isOver) return;
    for (const { text } of packets) {
      // Told as a whole at the end, or a change between two polls would be missed.
      if (text.startsWith('{"t":"presence"')) continue;
      if (text === CAUGHT_UP) this.#isCaughtUp = true;
      this.#lines.push(text);
      this.#bytes += text.length;
    }
    if (this.#bytes >= this.#parts.limits.pageBytes) this.#answer([]);
    else if (this.#isCaughtUp) void this.#consider(this.#parts.waitMs === 0);
  }

  ping(): void {
    // An answer comes sooner than a client could be missed.
  }

  close(code: number): void {
    this.#finish([encodeClosed(code)]);
  }

  terminate(): void {
    this.#finish([encodeClosed(CUT)]);
  }

  /** The client hung up: nobody is answered. */
  drop(): void {
    this.#isOver = true;
    this.#cancel?.();
  }

  async #consider(isDue: boolean): Promise<void> {
    const { clock, waitMs, seenPresence } = this.#parts;
    const presence = await this.#parts.presence().catch(() => undefined);
    if (this.#isOver) return;
    const isNews =
      presence !== undefined &&
      createHash('sha256').update(presence.text).digest('hex') !== seenPresence;
    if (isDue || isNews || this.#lines.length > 1) this.#answer(isNews ? [presence.text] : []);
    else this.#cancel ??= clock.after(waitMs, () => void this.#consider(true));
  }

  #answer(last: readonly string[]): void {
    const beat = this.#isOver ? undefined : this.#parts.beat();
    this.#finish(beat ? [beat.text, ...last] : last);
  }

  #finish(last: readonly string[]): void {
    if (this.#isOver) return;
    this.drop();
    this.#parts.answer([...this.#lines, ...last]);
  }
}
