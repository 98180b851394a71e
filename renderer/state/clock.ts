/** Time as the window's state needs it; injected, so that tests move it. */
export interface Clock {
  now(): number;
  /** Calls once after `ms`; the returned function calls it off. */
  after(ms: number, act: () => void): () => void;
}
