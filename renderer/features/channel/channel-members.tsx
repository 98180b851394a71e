/** Who is in a channel: a list that stays quick with ten thousand, with adding and taking out for those who may. */
import { UserMinus, UserPlus } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Problem } from '../../../electron/bridge/commands.ts';
import type { ChannelView, MemberView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { isAdmin, membersInOrder } from '../../state/selectors.ts';
import { Segments } from '../../ui/choice.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { peopleFound, PeopleList } from '../people/people-list.tsx';

export function ChannelMembers({
  team,
  channel,
}: {
  readonly team: TeamState;
  readonly channel: ChannelView;
}) {
  const words = useWords();
  const commands = useCommands();
  const [typed, setTyped] = useState('');
  const [side, setSide] = useState<'in' | 'out'>('in');
  const { ids, problem, reload } = useRoster(team.team.id, channel);
  const isTalk = channel.kind === 'direct' || channel.kind === 'group';
  const mayAdd = !isTalk && channel.isJoined && !channel.isArchived && team.team.role !== 'guest';
  const mayRemove = mayAdd && isAdmin(team.team.role);

  const people = useMemo(() => {
    if (ids === null) return [];
    const onThisSide = (one: MemberView): boolean =>
      side === 'in' ? ids.has(one.id) : !ids.has(one.id) && one.isActive;
    return peopleFound(membersInOrder(team.members).filter(onThisSide), typed);
  }, [ids, team.members, typed, side]);

  const change = (name: 'channel.add' | 'channel.remove', member: string): void =>
    void commands
      .attempt(name, { team: team.team.id, channel: channel.id, member })
      .then((isDone) => {
        if (isDone) reload();
      });
  const act = (member: MemberView) => {
    if (side === 'out') {
      return (
        <IconButton
          label={words.say('channel.add-name', { name: member.name })}
          icon={UserPlus}
          onPress={() => change('channel.add', member.id)}
        />
      );
    }
    if (!mayRemove || member.id === team.team.me) return null;
    return (
      <IconButton
        label={words.say('channel.remove-name', { name: member.name })}
        icon={UserMinus}
        onPress={() => change('channel.remove', member.id)}
      />
    );
  };

  return (
    <>
      <div className={form['search']} style={{ display: 'grid', gap: 10 }}>
        {mayAdd && (
          <Segments
            label={words.say('channel.show')}
            value={side}
            onChange={setSide}
            options={[
              {
                value: 'in',
                label:
                  ids === null
                    ? words.say('channel.members')
                    : words.say('channel.n-members', { count: ids.size }),
              },
              { value: 'out', label: words.say('channel.add-people') },
            ]}
          />
        )}
        <SearchField label={words.say('people.find')} value={typed} onChange={setTyped} />
        {problem !== null && <p className={form['problem']}>{problemWords(words, problem)}</p>}
      </div>
      <PeopleList
        team={team}
        people={people}
        label={words.say('channel.members')}
        empty={ids === null ? words.say('act.wait') : words.say('people.none-found')}
        rowOf={(member) => ({ isMe: member.id === team.team.me, children: act(member) })}
      />
    </>
  );
}

interface Roster {
  /** Null until it is known. */
  readonly ids: ReadonlySet<string> | null;
  readonly problem: Problem | null;
  reload(): void;
}

function useRoster(team: string, channel: ChannelView): Roster {
  const commands = useCommands();
  const [round, setRound] = useState(0);
  const [ids, setIds] = useState<ReadonlySet<string> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isWanted = true;
    void commands.call('channel.members', { team, channel: channel.id }).then((answer) => {
      if (!isWanted) return;
      if (answer.ok) setIds(new Set(answer.value.members.map((one) => one.id)));
      setProblem(answer.ok ? null : answer.error);
    });
    return () => {
      isWanted = false;
    };
  }, [commands, team, channel.id, round]);
  const reload = useCallback(() => setRound((now) => now + 1), []);
  return { ids, problem, reload };
}
