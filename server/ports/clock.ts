/**
 * Time and chance, handed in, so that a test decides both. Nothing in the relay or the desktop core reads a clock, sets a timer or
 * draws a random number of its own.
 */
export interface Clock {
  /** Milliseconds since 1970 by the wall clock. May jump. */
  now(): number;
  /** Milliseconds that only ever grow; for durations. */
  monotonic(): number;
  /** Calls back once after `ms`. The returned function cancels; calling it late or twice does nothing. */
  after(ms: number, run: () => void): () => void;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** In [0, 1). */
  fraction(): number;
}
