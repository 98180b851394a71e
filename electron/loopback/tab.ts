/**
 * One tab of the browser: its session with the core, and the socket it has at the moment. A socket that is cut is replaced by
 * the page within seconds; until then the session is kept, and a call that comes a second time under its number gets the
 * answer of the first.
 */
import type { CommandName, CommandResult } from '../bridge/commands.ts';
import { createBridgeDoor, type BridgeDoor } from '../host/bridge-door.ts';
import type { BridgeSession } from '../host/bridge-session.ts';
import type { Log } from '../core/ports.ts';
import type { FrameDown, FrameUp } from './frames.ts';

export interface TabParts {
  readonly session: BridgeSession;
  readonly log: Log;
}

export type TabLine = (frame: FrameDown) => void;

export class Tab {
  readonly #door: BridgeDoor;
  readonly #session: BridgeSession;
  readonly #answers = new Map<number, Promise<CommandResult<CommandName>>>();
  readonly #stop: () => void;
  #line: TabLine | undefined;
  #isOver = false;
  isFocused = false;

  constructor({ session, log }: TabParts) {
    this.#session = session;
    this.#door = createBridgeDoor({ session, log });
    // Batches while no line is there are dropped: the page asks for the whole state when it is back.
    this.#stop = session.onBatch((batch) => this.say({ t: 'batch', batch }));
  }

  get isConnected(): boolean {
    return this.#line !== undefined;
  }

  connect(line: TabLine): void {
    this.#line = line;
  }

  /** Nothing when another line has taken over. */
  disconnect(line: TabLine): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    this.isFocused = false;
  }

  say(frame: FrameDown): void {
    this.#line?.(frame);
  }

  async call({
    id,
    settled,
    name,
    input,
  }: Extract<FrameUp, { readonly t: 'call' }>): Promise<void> {
    for (const known of this.#answers.keys()) if (known < settled) this.#answers.delete(known);
    // The whole state is worth asking for again: an old one would be stale.
    const answer =
      (name === 'open' ? undefined : this.#answers.get(id)) ?? this.#door.handle(name, input);
    this.#answers.set(id, answer);
    this.say({ t: 'answer', id, result: await answer });
  }

  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop();
    this.#line = undefined;
    this.#session.dispose();
  }
}
