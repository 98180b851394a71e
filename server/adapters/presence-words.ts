/** What nodes say to each other about presence. Whatever else is on the channel is refused here. */
import { z } from 'zod';
import { presence, type Presence } from '../../protocol/entities.ts';
import { memberId, type MemberId, type TeamId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { readWord, spoken } from './node-words.ts';

export interface PresenceWord {
  readonly team: TeamId;
  /** A node from its start to its end. */
  readonly from: string;
  /** The number of the node's table after this change. */
  readonly rev?: number;
  /** What changed from the number before to this one; left out where it is too much to say. */
  readonly members?: ReadonlyMap<MemberId, Presence>;
  /** The node leaves. */
  readonly isOver?: true;
}

const schema = spoken.extend({
  rev: z.int().positive().optional(),
  members: z.record(memberId, presence).optional(),
  isOver: z.literal(true).optional(),
});

export const encodeWord = ({ members, ...rest }: PresenceWord): string =>
  JSON.stringify({ v: 1, ...rest, ...(members ? { members: Object.fromEntries(members) } : {}) });

/** Undefined for what no node of this team can have said. */
export function decodeWord(
  message: Buffer,
  team: TeamId,
  limits: Pick<Limits, 'hintBytes' | 'hintFeeds'>,
): PresenceWord | undefined {
  const word = readWord(schema, message, { team, bytes: limits.hintBytes });
  if (!word) return undefined;
  const { from, rev, members, isOver } = word;
  const changes = Object.entries(members ?? {}) as [MemberId, Presence][];
  if (changes.length > limits.hintFeeds) return undefined;
  return {
    team,
    from,
    ...(rev === undefined ? {} : { rev }),
    ...(members === undefined ? {} : { members: new Map(changes) }),
    ...(isOver === undefined ? {} : { isOver }),
  };
}
