/** A new conversation: choose one person or up to eight, and write. */
import { Check, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { MemberView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { membersInOrder } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ICON, IconButton } from '../../ui/icon-button.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';
import { peopleFound, PeopleList } from './people-list.tsx';

/** A group is at most nine, oneself included. */
const MOST_OTHERS = 8;

export function NewDirect({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const commands = useCommands();
  const submit = useSubmit();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<readonly MemberView[]>([]);
  const people = useMemo(() => {
    const others = membersInOrder(team.members).filter(
      (one) => one.isActive && one.id !== team.team.me,
    );
    return peopleFound(others, typed);
  }, [team.members, team.team.me, typed]);
  const isChosen = (member: MemberView): boolean => chosen.some((one) => one.id === member.id);
  const toggle = (member: MemberView): void =>
    setChosen(
      isChosen(member)
        ? chosen.filter((one) => one.id !== member.id)
        : [...chosen, member].slice(0, MOST_OTHERS),
    );

  const open = async (): Promise<void> => {
    const made = await submit.run('channel.direct', {
      team: team.team.id,
      members: chosen.map((one) => one.id),
    });
    if (!made) return;
    onClose();
    await commands.goTo(team.team.id, made.value.channel);
    commands.toComposer();
  };

  return (
    <Dialog
      title={words.say('direct.new')}
      isBare
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{words.say('act.cancel')}</Button>
          <Button
            look="primary"
            isDisabled={chosen.length === 0 || submit.isBusy}
            onPress={() => void open()}
          >
            {words.say('direct.open')}
          </Button>
        </>
      }
    >
      <div className={form['search']} style={{ display: 'grid', gap: 10 }}>
        <SearchField label={words.say('people.find')} value={typed} onChange={setTyped} />
        {chosen.length > 0 && (
          <div className={form['chips']}>
            {chosen.map((member) => (
              <span key={member.id} className={form['chip']}>
                <bdi>{member.name}</bdi>
                <IconButton
                  size="small"
                  icon={X}
                  label={words.say('direct.without', { name: member.name })}
                  onPress={() => toggle(member)}
                />
              </span>
            ))}
          </div>
        )}
        {chosen.length >= MOST_OTHERS && (
          <p className={form['hint']}>{words.say('direct.full', { count: MOST_OTHERS })}</p>
        )}
        {submit.problem !== null && (
          <p className={form['problem']}>{problemWords(words, submit.problem)}</p>
        )}
      </div>
      <PeopleList
        team={team}
        people={people}
        label={words.say('people.title')}
        empty={words.say('people.none-found')}
        rowOf={(member) => ({
          isChosen: isChosen(member),
          onPress: () => toggle(member),
          children: isChosen(member) && <Check {...ICON} />,
        })}
      />
    </Dialog>
  );
}
