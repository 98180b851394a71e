/** Everybody in the team. Quick with ten thousand; a press shows the person. */
import { useMemo, useState } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { hueIn, isAdmin, membersInOrder } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { PersonRow } from '../../ui/person-row.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { rank } from '../composer/suggest.ts';

export function PeopleDialog({ team, onClose }: { readonly team: TeamState; readonly onClose: () => void }) {
  const words = useWords();
  const commands = useCommands();
  const [typed, setTyped] = useState('');
  const all = membersInOrder(team.members);
  const people = useMemo(() => {
    const asked = typed.trim().toLowerCase().replace(/^@/, '');
    return asked === '' ? all : all.filter((one) => rank(asked, one.name, one.handle) < Infinity);
  }, [all, typed]);
  return (
    <Dialog
      title={words.say('people.n-people', { count: all.length })}
      isBare
      onClose={onClose}
      foot={
        isAdmin(team.team.role) ? <Button onPress={() => commands.show({ kind: 'invite' })}>{words.say('invite.title')}</Button> : undefined
      }
    >
      <div className={form['search']}>
        <SearchField label={words.say('people.find')} value={typed} onChange={setTyped} />
      </div>
      <VirtualList
        label={words.say('people.title')}
        items={people}
        rowHeight={56}
        keyOf={(member) => member.id}
        empty={words.say('people.none-found')}
        render={(member) => (
          <PersonRow
            member={member}
            hue={hueIn(team.members, member.id)}
            presence={team.presence[member.id] ?? 'gone'}
            isMe={member.id === team.team.me}
            onPress={() => commands.show({ kind: 'member', member: member.id })}
          />
        )}
      />
    </Dialog>
  );
}
