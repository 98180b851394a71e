/**
 * What the person has before their eyes, over all windows: the one answer for read marks, notifications and which
 * channel is caught up first.
 */
import type { Host } from '../ports.ts';

export interface Look {
  readonly team: string | null;
  readonly channel: string | null;
  readonly isAtEnd: boolean;
  readonly isFocused: boolean;
}

export interface Attention {
  /** A window tells what it shows; the returned function takes the window away. */
  add(look: () => Look): () => void;
  /** Focused, and this channel is the one shown. */
  isOnScreen(team: string, channel: string): boolean;
  /** On screen, and scrolled to where new messages appear. */
  isReading(team: string, channel: string): boolean;
  isIdle(): boolean;
  idleSeconds(): number;
  /** The channel of this team that is open in a window, focused or not. */
  channelOf(team: string): string | null;
}

/** Without a key or a pointer for this long, nobody is taken to be reading. */
export const IDLE_SECONDS = 120;

export function createAttention({ host }: { readonly host: Pick<Host, 'idleSeconds'> }): Attention {
  const looks = new Set<() => Look>();
  const some = (is: (look: Look) => boolean): boolean => [...looks].some((look) => is(look()));
  return {
    add: (look) => {
      looks.add(look);
      return () => void looks.delete(look);
    },
    isOnScreen: (team, channel) =>
      some((look) => look.isFocused && look.team === team && look.channel === channel),
    isReading: (team, channel) =>
      some(
        (look) => look.isFocused && look.isAtEnd && look.team === team && look.channel === channel,
      ),
    isIdle: () => host.idleSeconds() >= IDLE_SECONDS,
    idleSeconds: () => host.idleSeconds(),
    channelOf: (team) =>
      [...looks].map((look) => look()).find((look) => look.team === team)?.channel ?? null,
  };
}
