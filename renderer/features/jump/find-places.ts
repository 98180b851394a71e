/** Ranks the places of all teams for what is typed in the jump field. Pure; ten thousand members are ranked within a frame. */
import type { ChannelView, MemberView, TeamState } from '../../../electron/bridge/views.ts';
import { rank } from '../composer/suggest.ts';

export type JumpTo =
  | {
      readonly kind: 'channel';
      readonly key: string;
      readonly team: TeamState;
      readonly channel: ChannelView;
      readonly title: string;
    }
  | {
      readonly kind: 'member';
      readonly key: string;
      readonly team: TeamState;
      readonly member: MemberView;
    };

export interface Searched {
  readonly teams: readonly TeamState[];
  /** The team on screen: its places come first among equals. */
  readonly current: string | null;
  readonly titleOf: (channel: ChannelView, team: TeamState) => string;
}

const MOST = 30;

export function findPlaces(
  typed: string,
  { teams, current, titleOf }: Searched,
): readonly JumpTo[] {
  const words = typed.trim().replace(/^[#@]/, '').toLowerCase();
  const found: { readonly to: JumpTo; readonly rank: number; readonly weight: number }[] = [];
  for (const team of teams) {
    const here = team.team.id === current ? 1 : 0;
    const inDirect = new Set<string>();
    for (const channel of Object.values(team.channels)) {
      if (channel.isArchived && words === '') continue;
      if (!channel.isJoined && words === '') continue;
      const title = titleOf(channel, team);
      const value =
        rank(words, title) + (channel.isJoined ? 0 : 0.6) + (channel.isArchived ? 1 : 0);
      if (
        value === Infinity ||
        (typed.startsWith('@') !== (channel.kind === 'direct') && typed.startsWith('@'))
      )
        continue;
      if (channel.kind === 'direct' && channel.with[0] !== undefined) inDirect.add(channel.with[0]);
      const calls = channel.mentions > 0 ? 2 : channel.unread > 0 ? 1 : 0;
      found.push({
        to: { kind: 'channel', key: `${team.team.id}/${channel.id}`, team, channel, title },
        rank: value,
        // Where nothing is typed, what calls comes first; where something is, what is near.
        weight:
          (words === '' ? calls * 1e15 + here * 1e14 : here * 1e15 + calls * 1e14) + channel.lastAt,
      });
    }
    if (words === '' || typed.startsWith('#')) continue;
    for (const member of Object.values(team.members)) {
      if (!member.isActive || inDirect.has(member.id) || member.id === team.team.me) continue;
      const value = rank(words, member.name, member.handle);
      if (value === Infinity) continue;
      found.push({
        to: { kind: 'member', key: `${team.team.id}/@${member.id}`, team, member },
        rank: value + 0.3,
        weight: here * 1e15,
      });
    }
  }
  return found
    .sort((a, b) => a.rank - b.rank || b.weight - a.weight)
    .slice(0, MOST)
    .map(({ to }) => to);
}
