/**
 * After the relay lost commits (a restore, a lossy failover): what it acknowledged to us in the last weeks and did not
 * come back with the catch-up is said again under its old id. What it still has, it recognises; what it lost, it gets.
 */
import type { Cache } from '../cache/data.ts';
import type { OutboxRows, SentRow } from '../cache/outbox-rows.ts';
import type { Clock } from '../ports.ts';
import { JOURNAL_MS, messageLane, type Outbox } from './outbox.ts';
import type { Replica } from './replica.ts';

export interface OffersParts {
  readonly replica: Replica;
  readonly cache: Cache;
  readonly disk: OutboxRows;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

export function offerAgain({ replica, cache, disk, outbox, clock }: OffersParts): void {
  const { key } = replica.team;

  const isBack = ({ channel: id, frame, message }: SentRow): boolean => {
    const channel = replica.channels.get(id);
    const stored = channel && message !== null ? cache.messages.byId(key, channel.key, message) : undefined;
    if (!stored) return false;
    return frame.t === 'post' || stored.isDeleted || (frame.t === 'edit' && stored.text === frame.text);
  };

  const lost = disk.sent(key, clock.now() - JOURNAL_MS).filter((sent) => !isBack(sent));
  outbox.offer(lost.map(({ op, channel, message, frame }) => ({ op, lane: messageLane(channel), channel, message, frame })));
}
