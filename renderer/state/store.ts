/**
 * What the window holds: the core's state as it was last told (changed only by `applyBatch`) and, beside it, what is only
 * this window's business: which place is shown, what is open, what has been announced. One store, made in main.tsx and in
 * tests; features read it through selectors that return stored references.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Snapshot } from '../../electron/bridge/events.ts';
import type { Problem } from '../../electron/bridge/commands.ts';
import type { Announcement } from './announce.ts';

/** What floats over the conversation; one at a time. */
export type Overlay =
  | { readonly kind: 'jump' }
  | { readonly kind: 'create-channel' }
  | { readonly kind: 'browse-channels' }
  | { readonly kind: 'new-direct' }
  | { readonly kind: 'people' }
  | {
      readonly kind: 'channel';
      readonly channel: string;
      readonly tab: 'about' | 'members' | 'notifications';
    }
  | { readonly kind: 'invite' }
  | { readonly kind: 'member'; readonly member: string }
  | { readonly kind: 'settings'; readonly tab: SettingsTab }
  | { readonly kind: 'delete-message'; readonly channel: string; readonly message: string }
  | { readonly kind: 'why'; readonly message: string }
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'keys' }
  | { readonly kind: 'leave-team' };

export type SettingsTab = 'profile' | 'look' | 'notifications' | 'sessions' | 'connection';

/** A text taken at Enter that the core has not confirmed yet. */
export interface SendingText {
  readonly kind: 'post' | 'edit';
  /** The message that it makes, or edits. */
  readonly message: string;
  readonly team: string;
  readonly channel: string;
  readonly text: string;
  readonly at: number;
}

/** A short word at the foot of the window about something just tried. */
export type Remark = { readonly n: number } & (
  | { readonly kind: 'problem'; readonly problem: Problem }
  /** A text went back into the field of a channel that is not on screen. */
  | { readonly kind: 'given-back'; readonly team: string; readonly channel: string }
  | {
      readonly kind: 'done';
      readonly what: 'copied' | 'saved' | 'marked-unread' | 'all-read' | 'draft';
    }
);

export interface Ui {
  readonly team: string | null;
  /** The channel last shown, per team. */
  readonly channels: Readonly<Record<string, string>>;
  /** The welcome screen was asked for although there are teams already; `invite` fills its field. */
  readonly welcome: { readonly invite: string | null } | null;
  /** Joined a moment ago; entered as soon as the core tells of it. */
  readonly awaitedTeam: string | null;
  /** A channel that could not be opened, and why. */
  readonly refused: {
    readonly team: string;
    readonly channel: string;
    readonly problem: Problem;
  } | null;
  readonly overlay: Overlay | null;
  /** Narrow windows show the side panel over the conversation. */
  readonly isSideOpen: boolean;
  /** In the order of their Enters. Drawn until the core draws them. */
  readonly sending: readonly SendingText[];
  /** The last text that could not be stored, and went back into the field it came from. */
  readonly givenBack: {
    readonly team: string;
    readonly channel: string;
    readonly problem: Problem;
  } | null;
  /** The message being edited in place, by row key. */
  readonly editing: string | null;
  /** The channel whose unread mark a person has just set by hand: it is not read away until they come back to it. */
  readonly heldUnread: string | null;
  readonly isFocused: boolean;
  readonly isVisible: boolean;
  readonly isAtEnd: boolean;
  /** Grows when the timeline shall show its live end (an own message was sent). */
  readonly toEnd: number;
  /** Grows when the composer shall take the focus. */
  readonly toComposer: number;
  /** The team whose stopped line was looked at; its history may be read. */
  readonly stoppedSeen: string | null;
  readonly remark: Remark | null;
  readonly announcement: Announcement | null;
}

export interface WindowModel {
  readonly snapshot: Snapshot | null;
  readonly ui: Ui;
}
export type WindowStore = StoreApi<WindowModel>;

export const FIRST_UI: Ui = {
  team: null,
  channels: {},
  welcome: null,
  awaitedTeam: null,
  refused: null,
  overlay: null,
  isSideOpen: false,
  sending: [],
  givenBack: null,
  editing: null,
  heldUnread: null,
  isFocused: false,
  isVisible: true,
  isAtEnd: false,
  toEnd: 0,
  toComposer: 0,
  stoppedSeen: null,
  remark: null,
  announcement: null,
};

export const createWindowStore = (): WindowStore =>
  createStore<WindowModel>(() => ({ snapshot: null, ui: FIRST_UI }));

export function setUi(store: WindowStore, change: Partial<Ui> | ((ui: Ui) => Partial<Ui>)): void {
  store.setState((model) => ({
    ui: { ...model.ui, ...(typeof change === 'function' ? change(model.ui) : change) },
  }));
}
