/**
 * Why a socket was closed. The range is the contract: 4000-4499 come back later, 4500-4999 stop until a person acts.
 * A code that is not in the table is understood by its range alone, so a newer relay can add some.
 */
export const CLOSE = {
  /** The relay is going down; `drain` said when to return. */
  restart: 4000,
  /** The access token ran out and was not refreshed in time. */
  tokenExpired: 4001,
  /** This socket did not take what was sent to it fast enough. Resume by position. */
  slow: 4008,
  /** No `hello` in time. */
  helloTimeout: 4009,
  /** A message was begun and not completed in time. */
  messageTimeout: 4010,
  /** Too many frames, for too long. */
  flood: 4029,
  /** The member opened more sockets than allowed; the oldest one gives way. */
  replaced: 4030,
  /** The session was revoked, signed out, or its member deactivated. */
  sessionEnded: 4501,
  versionUnsupported: 4502,
  /** The client broke the protocol (a second hello, a frame before hello …): reconnecting cannot help. */
  protocolError: 4503,
} as const;

/** What is reported where a line ended without a word: nobody sends it. */
export const CUT = 1006;

export type CloseReason = keyof typeof CLOSE;

export type CloseMeaning = 'again' | 'stop';

/** What a desktop does after a close with this code. Everything outside our ranges is the network's doing: try again. */
export function closeMeaning(code: number): CloseMeaning {
  return code >= 4500 && code <= 4999 ? 'stop' : 'again';
}
