/** What a message's text needs of its team, made anew only when members or channels change. */
import { useMemo } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { channelsByName, membersByHandle } from '../../state/selectors.ts';
import type { Commands } from '../../state/commands.ts';
import type { TextContext } from '../../text/message-text.tsx';

export function useTextContext(team: TeamState, commands: Commands): TextContext {
  const { members, channels } = team;
  const { me, id } = team.team;
  return useMemo(() => {
    const handles = membersByHandle(members);
    const names = channelsByName(channels);
    return {
      me,
      isHandle: (handle) => handles.has(handle),
      isChannel: (name) => names.has(name),
      nameOf: (handle) => handles.get(handle)?.name,
      idOf: (handle) => handles.get(handle)?.id,
      channelOf: (name) => names.get(name),
      onMember: (member) => commands.show({ kind: 'member', member }),
      onChannel: (channel) => void commands.goTo(id, channel),
      onLink: (url) => void commands.attempt('link.open', { url }),
    };
  }, [members, channels, me, id, commands]);
}
