/** What a message's text needs of its team, made anew only when members or channels change. */
import { useMemo, useRef } from 'react';
import type { MemberView, TeamState } from '../../../electron/bridge/views.ts';
import { channelsByName, membersByHandle } from '../../state/selectors.ts';
import type { Commands } from '../../state/commands.ts';
import type { TextContext } from '../../text/message-text.tsx';

export function useTextContext(team: TeamState, commands: Commands): TextContext {
  const { members, channels } = team;
  const { me, id } = team.team;
  // Every message anywhere changes the channels; only a changed name is a reason to read all texts again.
  const handles = useSame(membersByHandle(members), isSameMember);
  const names = useSame(channelsByName(channels), Object.is);
  return useMemo(
    () => ({
      me,
      isHandle: (handle) => handles.has(handle),
      isChannel: (name) => names.has(name),
      nameOf: (handle) => handles.get(handle)?.name,
      idOf: (handle) => handles.get(handle)?.id,
      channelOf: (name) => names.get(name),
      onMember: (member) => commands.show({ kind: 'member', member }),
      onChannel: (channel) => void commands.goTo(id, channel),
      onLink: (url) => void commands.attempt('link.open', { url }),
    }),
    [handles, names, me, id, commands],
  );
}

const isSameMember = (a: MemberView, b: MemberView): boolean => a.id === b.id && a.name === b.name;

/** The map before, as long as the new one says the same. */
function useSame<Value>(
  next: ReadonlyMap<string, Value>,
  isSame: (a: Value, b: Value) => boolean,
): ReadonlyMap<string, Value> {
  const kept = useRef(next);
  return useMemo(() => {
    const old = kept.current;
    if (old === next) return old;
    const same =
      old.size === next.size &&
      [...next].every(([key, value]) => {
        const was = old.get(key);
        return was !== undefined && isSame(was, value);
      });
    return same ? old : (kept.current = next);
  }, [next, isSame]);
}
