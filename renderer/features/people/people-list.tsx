/** People of the team, a row each; quick with ten thousand. */
import type { MemberView, TeamState } from '../../../electron/bridge/views.ts';
import { hueIn } from '../../state/selectors.ts';
import { PersonRow, type PersonRowProps } from '../../ui/person-row.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import { rank } from '../composer/suggest.ts';

/** Whoever's name or handle answers to what was typed, with or without the `@`; everybody when nothing was. */
export function peopleFound(people: readonly MemberView[], typed: string): readonly MemberView[] {
  const asked = typed.trim().toLowerCase().replace(/^@/, '');
  return asked === ''
    ? people
    : people.filter((one) => rank(asked, one.name, one.handle) < Infinity);
}

export interface PeopleListProps {
  readonly team: TeamState;
  readonly people: readonly MemberView[];
  readonly label: string;
  /** Said when there is nobody. */
  readonly empty: string;
  /** What a row can do beside showing the person. */
  readonly rowOf: (member: MemberView) => Omit<PersonRowProps, 'member' | 'hue' | 'presence'>;
}

export function PeopleList({ team, people, label, empty, rowOf }: PeopleListProps) {
  return (
    <VirtualList
      label={label}
      items={people}
      rowHeight={56}
      keyOf={(member) => member.id}
      empty={empty}
      render={(member) => (
        <PersonRow
          member={member}
          hue={hueIn(team.members, member.id)}
          presence={team.presence[member.id] ?? 'gone'}
          {...rowOf(member)}
        />
      )}
    />
  );
}
