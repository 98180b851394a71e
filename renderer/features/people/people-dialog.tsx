/** Everybody in the team. Quick with ten thousand; a press shows the person. */
import { useMemo, useState } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { membersInOrder } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { peopleFound, PeopleList } from './people-list.tsx';

export function PeopleDialog({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const commands = useCommands();
  const [typed, setTyped] = useState('');
  const all = membersInOrder(team.members);
  const people = useMemo(() => peopleFound(all, typed), [all, typed]);
  return (
    <Dialog
      title={words.say('people.n-people', { count: all.length })}
      isBare
      onClose={onClose}
      foot={
        team.team.mayInvite !== null ? (
          <Button onPress={() => commands.show({ kind: 'invite' })}>
            {words.say('invite.title')}
          </Button>
        ) : undefined
      }
    >
      <div className={form['search']}>
        <SearchField label={words.say('people.find')} value={typed} onChange={setTyped} />
      </div>
      <PeopleList
        team={team}
        people={people}
        label={words.say('people.title')}
        empty={words.say('people.none-found')}
        rowOf={({ id }) => ({
          isMe: id === team.team.me,
          onPress: () => commands.show({ kind: 'member', member: id }),
        })}
      />
    </Dialog>
  );
}
