/**
 * What becomes of a row of the outbox when the relay has answered: an acknowledged change is brought into the cache as
 * the event it has become, a refused one is taken back. And the other way round: what is still on its way lies over what
 * the relay says, so that a resync does not undo what the person did.
 */
import type { Down } from '../../../protocol/frames-down.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import type { Changes } from '../events/changes.ts';
import type { ChannelLog } from './channel-log.ts';
import { topOf } from './intervals.ts';
import type { Outbox } from './outbox.ts';
import type { ReadMarks } from './read-marks.ts';
import type { ChannelState, Replica } from './replica.ts';
import type { Session } from './session.ts';

export interface SettlementParts {
  readonly replica: Replica;
  readonly outbox: () => Outbox;
  readonly marks: () => ReadMarks;
  readonly session: () => Session;
  readonly channelLog: () => ChannelLog;
  readonly changes: Changes;
}

export interface Settlement {
  /** Brings the effect into the cache. False: something before it is missing still; ask again later. */
  confirm(row: OutboxRow, ack: Down<'ack'>): boolean;
  refused(row: OutboxRow): void;
  /** Lays over the channel what is on its way for it. */
  overlay(channel: ChannelState): void;
}

export function createSettlement({
  replica,
  outbox,
  marks,
  session,
  channelLog,
  changes,
}: SettlementParts): Settlement {
  const { team } = replica;

  const releaseLevel = (channelId: string): void => {
    const channel = replica.channels.get(channelId);
    if (
      !channel ||
      outbox().rows.filter((row) => row.frame.t === 'level' && row.channel === channelId).length > 1
    )
      return;
    channel.pendingLevel = null;
    changes.channel(team.id, channelId);
  };

  /** In a channel we are not in there is no place for it: that it was taken is all there is to know. But during catch-up
   *  the channel may still come. */
  const withoutPlace = (): boolean => !session().isCatchingUp;

  return {
    confirm: (row, ack) => {
      const channel = replica.channels.get(row.channel);
      // Offered again and there after all, far back: it comes with the history, when somebody looks.
      if (row.isOffer && channel && ack.seq < topOf(channel.held)) return true;
      const base = { seq: ack.seq, at: ack.at, by: team.me };
      const { frame } = row;
      switch (frame.t) {
        case 'post':
          if (channel?.isJoined !== true) return withoutPlace();
          return session().takeOwn(channel, {
            ...base,
            kind: 'posted',
            id: frame.op,
            text: frame.text,
          });
        case 'edit':
          if (channel?.isJoined !== true) return withoutPlace();
          return session().takeOwn(channel, {
            ...base,
            kind: 'edited',
            id: frame.message,
            text: frame.text,
          });
        case 'delete':
          // Deleted before by somebody else, it is acknowledged with the feed's head: that number is another event's.
          if (channel) channelLog().redact(channel, frame.message, ack.seq, ack.at);
          return channel !== undefined || withoutPlace();
        case 'read':
          marks().confirmed(row.channel, { seq: frame.seq, isBack: frame.isBack ?? false });
          return true;
        case 'level':
          if (channel) replica.putMark(channel, { readSeq: channel.readSeq, level: frame.level });
          releaseLevel(row.channel);
          return true;
        default:
          return true;
      }
    },
    refused: (row) => {
      if (row.frame.t === 'read') marks().refused(row.channel);
      if (row.frame.t === 'level') releaseLevel(row.channel);
    },
    overlay: (channel) => {
      for (const { channel: id, frame } of outbox().rows) {
        if (id !== channel.id) continue;
        if (frame.t === 'read')
          channel.pendingMark = { seq: frame.seq, isBack: frame.isBack ?? false };
        if (frame.t === 'level') channel.pendingLevel = frame.level;
      }
    },
  };
}
