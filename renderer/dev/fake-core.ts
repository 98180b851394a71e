/** What the parts of the fake bridge share: the world it starts from, what its answers work on, and a message of somebody. */
import type { Problem } from '../../electron/bridge/commands.ts';
import type { BridgeEvent, Snapshot } from '../../electron/bridge/events.ts';
import type {
  ChannelView,
  MessageRow,
  TeamState,
  TimelineRow,
  WindowState,
} from '../../electron/bridge/views.ts';

export interface FakeWorld {
  readonly state: WindowState;
  /** All there is of a channel, by `team/channel`. */
  readonly history: ReadonlyMap<string, readonly TimelineRow[]>;
  readonly drafts?: ReadonlyMap<string, string>;
}

/** What the answers are made from. */
export interface FakeCore {
  readonly now: () => number;
  readonly delayMs: number;
  state(): WindowState;
  snapshot(): Snapshot;
  team(id: string): TeamState;
  channel(team: string, id: string): ChannelView;
  rows(team: string, channel: string): TimelineRow[];
  readonly drafts: Map<string, string>;
  emit(...events: readonly BridgeEvent[]): void;
  put(team: string, channel: string, ...rows: readonly TimelineRow[]): void;
  take(team: string, channel: string, key: string): void;
  later(act: () => void, ms?: number): void;
  nextId(): string;
}

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = (kind: Problem['kind']): { readonly ok: false; readonly error: Problem } => ({
  ok: false,
  error: { kind },
});

export interface MessageParts {
  readonly id: string;
  readonly seq: number;
  readonly author: string;
  readonly at: number;
  readonly text: string;
}

export const message = ({ id, seq, author, at, text }: MessageParts): MessageRow => ({
  type: 'message',
  key: id,
  order: seq,
  id,
  seq,
  author,
  at,
  text,
  editedAt: null,
  isDeleted: false,
  mentionsMe: false,
  delivery: { state: 'sent' },
});
