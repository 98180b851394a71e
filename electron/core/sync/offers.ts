/**
 * After the relay lost commits (a restore, a lossy failover): what it acknowledged to us in the last weeks and has lost is said again
 * under its old id. What came back with the catch-up is there; of the rest the relay is asked, since a number in a feed proves nothing:
 * others may have written there first. Where it does not answer that, all of the rest is said again: it knows its own.
 */
import type { Down } from '../../../protocol/frames-down.ts';
import type { OperationId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Result } from '../../../protocol/result.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { Cache } from '../cache/data.ts';
import type { OutboxRows, SentRow } from '../cache/outbox-rows.ts';
import type { Clock } from '../ports.ts';
import type { Asks } from './asks.ts';
import { JOURNAL_MS, messageLane, type NewRow } from './outbox.ts';
import type { Replica } from './replica.ts';

export interface OffersParts {
  readonly replica: Pick<Replica, 'team' | 'channels'>;
  readonly cache: { readonly messages: Pick<Cache['messages'], 'byId'> };
  readonly disk: Pick<OutboxRows, 'sent'>;
  /** The relay at the other end: what another one acknowledged is not resent to it. */
  readonly trust: string;
  readonly asks: Pick<Asks, 'ask'>;
  readonly clock: Clock;
}

const RETRY_MS = 1_000;

/** To be asked when the catch-up is over. What was lost, oldest first; more than that where the relay did not say. */
export async function findLost({
  replica,
  cache,
  disk,
  trust,
  asks,
  clock,
}: OffersParts): Promise<readonly NewRow[]> {
  const { key } = replica.team;

  /** Of an edit its words say nothing: an earlier one may have had the same. */
  const isBack = ({ channel: id, frame, message }: SentRow): boolean => {
    const channel = replica.channels.get(id);
    const stored =
      channel && message !== null ? cache.messages.byId(key, channel.key, message) : undefined;
    return stored !== undefined && (frame.t === 'post' || stored.isDeleted);
  };

  const ask = async (ops: readonly OperationId[]): Promise<Result<Down<'missing'>, Problem>> => {
    const answer = await asks.ask({ t: 'missing', ops: [...ops] });
    if (answer.ok || answer.error.kind !== 'rate-limited') return answer;
    const { retryAfterMs = RETRY_MS } = answer.error;
    await new Promise<void>((resolve) => void clock.after(retryAfterMs, resolve));
    return ask(ops);
  };

  const doubtful = disk.sent(key, trust, JOURNAL_MS).filter((sent) => !isBack(sent));
  const ops = doubtful.map(({ op }) => op as OperationId);
  const lost = new Set<string>();
  for (let from = 0; from < ops.length; from += DEFAULT_LIMITS.missingOps) {
    const answer = await ask(ops.slice(from, from + DEFAULT_LIMITS.missingOps));
    for (const op of answer.ok ? answer.value.ops : ops.slice(from)) lost.add(op);
    if (!answer.ok) break;
  }
  return doubtful
    .filter(({ op }) => lost.has(op))
    .map(({ op, channel, message, frame }) => ({
      op,
      lane: messageLane(channel),
      channel,
      message,
      frame,
    }));
}
