/**
 * How far the person has read, per channel. A mark shows at once, is written down within half a second (many small steps
 * become one), and goes out with the outbox, so that what was read offline is read everywhere later. Forward by itself;
 * backward only when the person asks for it.
 */
import type { ChannelId, OperationId } from '../../../protocol/ids.ts';
import type { NewId } from '../new-id.ts';
import type { Clock } from '../ports.ts';
import type { Outbox } from './outbox.ts';
import { readSeqOf, type ChannelState, type Replica } from './replica.ts';

export interface ReadMarksParts {
  readonly replica: Replica;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly newId: NewId;
  /** The channel was read up to a new point on this device. */
  readonly onRead: (channel: ChannelState) => void;
}

export interface ReadMarks {
  /** Everything up to `seq` is read. Does nothing when it is already. */
  mark(channel: ChannelState, seq: number): void;
  /** The mark goes back to `seq`. */
  unmark(channel: ChannelState, seq: number): void;
  /** The relay has this mark; what was on its way for it is done. */
  confirmed(channel: string, mark: { readonly seq: number; readonly isBack: boolean }): void;
  refused(channel: string): void;
  /** Writes down what is still only in memory. */
  flush(): void;
  dispose(): void;
}

const QUIET_MS = 400;

export const readLane = (channel: string): string => `read/${channel}`;

export function createReadMarks({
  replica,
  outbox,
  clock,
  newId,
  onRead,
}: ReadMarksParts): ReadMarks {
  const unwritten = new Set<string>();
  let cancel: (() => void) | undefined;

  const put = (channel: ChannelState, seq: number, isBack: boolean): void => {
    channel.pendingMark = { seq, isBack: isBack || (channel.pendingMark?.isBack ?? false) };
    replica.recount(channel);
    unwritten.add(channel.id);
    cancel ??= clock.after(QUIET_MS, flush);
    onRead(channel);
  };

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    for (const id of unwritten) {
      const pending = replica.channels.get(id)?.pendingMark;
      if (pending) write(id, pending.seq, pending.isBack);
    }
    unwritten.clear();
  };

  const write = (channel: string, seq: number, isBack: boolean): void => {
    const op = newId() as OperationId;
    const frame = {
      t: 'read',
      op,
      channel: channel as ChannelId,
      seq,
      ...(isBack ? { isBack } : {}),
    } as const;
    // A mark that has not left yet is outdone by this one.
    const before = outbox.rows.filter(
      (row) => row.lane === readLane(channel) && !outbox.mayHaveLeft(row),
    );
    outbox.add({ op, lane: readLane(channel), channel, message: null, frame });
    for (const row of before) outbox.remove(row);
  };

  const isLast = (channel: string): boolean =>
    !unwritten.has(channel) &&
    outbox.rows.filter((row) => row.lane === readLane(channel)).length <= 1;

  return {
    mark: (channel, seq) => {
      const upTo = Math.min(seq, channel.head);
      if (channel.isJoined && upTo > readSeqOf(channel)) put(channel, upTo, false);
    },
    unmark: (channel, seq) => {
      if (channel.isJoined && seq < readSeqOf(channel)) put(channel, Math.max(0, seq), true);
    },
    confirmed: (id, { seq, isBack }) => {
      const channel = replica.channels.get(id);
      if (!channel) return;
      const readSeq = isBack ? seq : Math.max(seq, channel.readSeq);
      if (isLast(id)) channel.pendingMark = null;
      replica.putMark(channel, { readSeq, level: channel.level });
    },
    refused: (id) => {
      const channel = replica.channels.get(id);
      if (!channel || !isLast(id)) return;
      channel.pendingMark = null;
      replica.recount(channel);
    },
    flush,
    dispose: () => cancel?.(),
  };
}
