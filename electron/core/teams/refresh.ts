/**
 * Keeps the session of a live line: asks for new tokens over the socket when half of their life has passed, so that the
 * socket never has to drop for them. They are saved before they count.
 */
import { background } from '../background.ts';
import type { Clock, Log } from '../ports.ts';
import type { Asks } from '../sync/asks.ts';
import type { Tokens } from './tokens.ts';

export interface RefreshParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly asks: Asks;
  readonly tokens: Tokens;
  /** The relay says that the session is over. */
  readonly onEnded: () => void;
}

export interface Refresh {
  /** The line is live with a token that is good for so long. */
  live(expiresInMs: number): void;
  lost(): void;
}

const SOONEST_MS = 1_000;
/** After an answer that did not come; the token has half of its life left. */
const AGAIN_MS = 20_000;

export function createRefresh({ clock, log, asks, tokens, onEnded }: RefreshParts): Refresh {
  let cancel: (() => void) | undefined;
  let isLive = false;

  const plan = (ms: number): void => {
    cancel?.();
    cancel = clock.after(Math.max(SOONEST_MS, ms), () => background(run(), log, 'refresh'));
  };

  const run = async (): Promise<void> => {
    const token = tokens.refreshToken();
    if (token === undefined) return onEnded();
    const answer = await asks.ask({ t: 'refresh', token });
    if (answer.ok) {
      tokens.adopt(answer.value);
      if (isLive) plan(answer.value.accessExpiresInMs / 2);
    } else if (answer.error.kind === 'session-ended' || answer.error.kind === 'wrong-credentials') {
      onEnded();
    } else if (isLive) {
      plan(AGAIN_MS);
    }
  };

  return {
    live: (expiresInMs) => {
      isLive = true;
      plan(expiresInMs / 2);
    },
    lost: () => {
      isLive = false;
      cancel?.();
    },
  };
}
