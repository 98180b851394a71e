/** What is looked at, and what one step leaves to the next. */
import type { Hello } from '../protocol/frames-up.ts';
import type { Result } from '../protocol/result.ts';
import type { Saying } from './findings.ts';
import type { Answer, Clock, OpenSocket, Place, Sockets } from './ports.ts';

/** What is looked at. */
export interface Subject {
  readonly place: Place;
  /** The id of the team that must be there; null: whichever. */
  readonly team: string | null;
  /** The token to show; null: none is shown, and the relay has to ask for one. */
  readonly access: (() => Promise<Result<string, { readonly kind: string }>>) | null;
  /** How a line begins; null without a token: neither streams nor silence are measured. */
  readonly hello: (() => Hello) | null;
  /** Also measures how much silence the way bears, for as long as `SILENCE_MS`. */
  readonly withSilence: boolean;
}

/** What the steps leave to those after them. */
export interface Visit {
  readonly subject: Subject;
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** Of the step that runs. */
  signal: AbortSignal;
  answer: Answer | null;
  token: Extract<Saying, `token.${string}`> | null;
  socket: OpenSocket | null;
}
