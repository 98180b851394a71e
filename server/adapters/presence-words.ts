/** What nodes say to each other about presence. Whatever else is on the channel is refused here. */
import { z } from 'zod';
import { presence, type Presence } from '../../protocol/entities.ts';
import { memberId, teamId, type MemberId, type TeamId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';

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

const schema = z.object({
  v: z.literal(1),
  team: teamId,
  from: z.string().regex(/^[0-9a-f]{32}$/),
  rev: z.int().positive().optional(),
  members: z.record(memberId, presence).optional(),
  isOver: z.literal(true).optional(),
});

export const encodeWord = ({ members, ...rest }: PresenceWord): string =>
  JSON.stringify({ v: 1, ...rest, ...(members ? { members: Object.fromEntries(members) } : {}) });

/** Undefined for what no node of this team can have said. */
export function decodeWord(message: Buffer, team: TeamId, limits: Pick<Limits, 'hintBytes' | 'hintFeeds'>): PresenceWord | undefined {
  if (message.length > limits.hintBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message.toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success || parsed.data.team !== team) return undefined;
  const { from, rev, members, isOver } = parsed.data;
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
