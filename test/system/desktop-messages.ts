/** What a desktop's process and the test that drives it say to each other. */
import type { TeamView } from '../../electron/bridge/views.ts';

export type ToDesktop =
  | { readonly kind: 'call'; readonly n: number; readonly name: string; readonly input: unknown }
  /** In good order. */
  | { readonly kind: 'close' };

export interface DesktopView {
  readonly team: string | null;
  readonly wire: TeamView['wire'] | null;
  readonly outbox: TeamView['outbox'] | null;
  readonly channels: readonly {
    readonly id: string;
    readonly name: string;
    readonly isJoined: boolean;
    readonly head: number;
  }[];
  /** The highest number in the open timeline: how far everything is here. Of a channel's `head` it is only known that it is. */
  readonly newest: number;
}

export type FromDesktop =
  | { readonly kind: 'ready' }
  | { readonly kind: 'shows'; readonly view: DesktopView }
  /** A message of the open timeline stands at the relay. */
  | {
      readonly kind: 'row';
      readonly channel: string;
      readonly id: string;
      readonly seq: number;
      readonly author: string;
      readonly at: number;
      readonly text: string;
    }
  | { readonly kind: 'answer'; readonly n: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly words: string }
  | { readonly kind: 'closed' };

export type RowTold = Extract<FromDesktop, { readonly kind: 'row' }>;
