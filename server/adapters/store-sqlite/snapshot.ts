/**
 * The reader's view of the file for one turn of the event loop: the questions of a turn share one read transaction, because each would
 * otherwise take and give back the file's locks, which costs four times what the answer does. It ends with the turn, before a group
 * begins (a reader would keep the log from starting over) and after its commit (what is committed can be read at once).
 */
import type { Connection, Statement } from './database.ts';

export class Snapshot {
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #soon: (run: () => void) => void;
  #isOpen = false;
  #isEnding = false;

  constructor(reader: Connection, soon: (run: () => void) => void) {
    this.#begin = reader.prepare('BEGIN');
    this.#commit = reader.prepare('COMMIT');
    this.#soon = soon;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#begin.run();
    this.#isOpen = true;
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#soon(() => {
      this.#isEnding = false;
      this.end();
    });
  }

  /** Ends it, if it is open. Nothing was written, so there is nothing that could fail but the file itself. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#commit.run();
  }
}
