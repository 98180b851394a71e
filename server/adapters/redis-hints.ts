/**
 * What nodes say to each other through Redis: "these feeds have at least these heads", "these members type here", and, with every
 * message, who speaks and how many times it has spoken on this channel, so that a listener notices what it did not hear. Never contents.
 * Whatever else is on the channel is refused here, before anybody acts on it.
 */
import { z } from 'zod';
import { channelId, feedId, memberId, teamId, type ChannelId, type FeedId, type MemberId, type TeamId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';

export interface Hint {
  readonly team: TeamId;
  /** A node from its start to its end: 128 random bits. */
  readonly from: string;
  /** 1, 2, 3 … on each channel. */
  readonly n: number;
  readonly heads: ReadonlyMap<FeedId, number>;
  readonly typing: readonly (readonly [ChannelId, MemberId])[];
}

const schema = z.object({
  v: z.literal(1),
  team: teamId,
  from: z.string().regex(/^[0-9a-f]{32}$/),
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
export function decodeHint(message: Buffer, team: TeamId, limits: Pick<Limits, 'hintBytes' | 'hintFeeds'>): Hint | undefined {
  if (message.length > limits.hintBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message.toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success || parsed.data.team !== team) return undefined;
  const { from, n, heads = {}, typing = [] } = parsed.data;
  const all = Object.entries(heads) as [FeedId, number][];
  if (all.length > limits.hintFeeds || typing.length > limits.hintFeeds) return undefined;
  return { team, from, n, heads: new Map(all), typing };
}
