/**
 * What nodes say to each other through Redis: "these feeds have at least these heads", "these members type here", and, with every
 * message, who speaks and how many times it has spoken on this channel, so that a listener notices what it did not hear. Never contents.
 * Whatever else is on the channel is refused here, before anybody acts on it.
 */
import { z } from 'zod';
import {
  channelId,
  feedId,
  memberId,
  type ChannelId,
  type FeedId,
  type MemberId,
  type TeamId,
} from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { readWord, spoken } from './node-words.ts';

export interface Hint {
  readonly team: TeamId;
  /** A node from its start to its end: 128 random bits. */
  readonly from: string;
  /** 1, 2, 3 … on each channel. */
  readonly n: number;
  readonly heads: ReadonlyMap<FeedId, number>;
  readonly typing: readonly (readonly [ChannelId, MemberId])[];
}

const schema = spoken.extend({
  n: z.int().positive(),
  heads: z.record(feedId, z.int().positive()).optional(),
  typing: z.array(z.tuple([channelId, memberId])).optional(),
});

export function encodeHint({ team, from, n, heads, typing }: Hint): string {
  return JSON.stringify({
    v: 1,
    team,
    from,
    n,
    ...(heads.size > 0 ? { heads: Object.fromEntries(heads) } : {}),
    ...(typing.length > 0 ? { typing } : {}),
  });
}

/** Undefined for what no node of this team can have said. */
export function decodeHint(
  message: Buffer,
  team: TeamId,
  limits: Pick<Limits, 'hintBytes' | 'hintFeeds'>,
): Hint | undefined {
  const word = readWord(schema, message, { team, bytes: limits.hintBytes });
  if (!word) return undefined;
  const { from, n, heads = {}, typing = [] } = word;
  const all = Object.entries(heads) as [FeedId, number][];
  if (all.length > limits.hintFeeds || typing.length > limits.hintFeeds) return undefined;
  return { team, from, n, heads: new Map(all), typing };
}
