/**
 * What the person shows the others: what they chose, or away when nobody has touched the computer for a while. Told to
 * the relay when it differs from what was told last; looked at twice a minute, since nothing reports an absence.
 */
import type { TeamRecord } from '../cache/ledger-rows.ts';
import type { Signal } from '../../../protocol/frames-up.ts';
import type { Clock } from '../ports.ts';

export interface OwnPresenceParts {
  readonly clock: Clock;
  readonly chosen: () => TeamRecord['presence'];
  readonly idleSeconds: () => number;
  readonly send: (signal: Signal) => boolean;
}

export interface OwnPresence {
  /** What a hello says; it counts as told. */
  now(): TeamRecord['presence'];
  live(): void;
  lost(): void;
  /** The choice may be another one. */
  tell(): void;
}

const AWAY_SECONDS = 5 * 60;
const LOOK_MS = 30_000;

export function createOwnPresence({
  clock,
  chosen,
  idleSeconds,
  send,
}: OwnPresenceParts): OwnPresence {
  let told: TeamRecord['presence'] | undefined;
  let cancel: (() => void) | undefined;

  const shown = (): TeamRecord['presence'] =>
    chosen() === 'here' && idleSeconds() >= AWAY_SECONDS ? 'away' : chosen();
  const tell = (): void => {
    const presence = shown();
    if (presence !== told && send({ t: 'presence', presence })) told = presence;
  };
  const watch = (): void => {
    tell();
    cancel = clock.after(LOOK_MS, watch);
  };

  return {
    now: () => (told = shown()),
    tell,
    live: () => {
      cancel?.();
      watch();
    },
    lost: () => cancel?.(),
  };
}
