/** The team's name, and under it what concerns the whole team: inviting, reading all, settings, leaving. */
import { CheckCheck, ChevronDown, Keyboard, LogOut, Settings, UserPlus, Users } from 'lucide-react';
import { Button } from 'react-aria-components';
import { useWords } from '../../i18n/context.tsx';
import { teamOf } from '../../state/selectors.ts';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import styles from './team-menu.module.css';

export function TeamMenu() {
  const words = useWords();
  const commands = useCommands();
  const team = useWindow((model) => teamOf(model)?.team);
  if (!team) return null;
  return (
    <Menu
      label={team.name}
      trigger={
        <Button className={cx(styles['team'])}>
          <h1 className={styles['name']}>
            <bdi>{team.name}</bdi>
          </h1>
          <ChevronDown {...ICON} size={16} />
        </Button>
      }
      entries={[
        ...(team.mayInvite !== null
          ? [
              {
                id: 'invite',
                label: words.say('invite.title'),
                icon: UserPlus,
                onChoose: () => commands.show({ kind: 'invite' }),
              },
            ]
          : []),
        {
          id: 'people',
          label: words.say('people.title'),
          icon: Users,
          onChoose: () => commands.show({ kind: 'people' }),
        },
        {
          id: 'read',
          label: words.say('shell.read-all'),
          icon: CheckCheck,
          onChoose: () =>
            void commands.attempt('read.all', { team: team.id }).then((isDone) => {
              if (isDone) commands.say({ kind: 'done', what: 'all-read' });
            }),
        },
        { id: 'rule-1', isRule: true },
        {
          id: 'settings',
          label: words.say('settings.title'),
          icon: Settings,
          onChoose: () => commands.show({ kind: 'settings', tab: 'profile' }),
        },
        {
          id: 'keys',
          label: words.say('keys.title'),
          icon: Keyboard,
          onChoose: () => commands.show({ kind: 'keys' }),
        },
        { id: 'rule-2', isRule: true },
        {
          id: 'leave',
          label: words.say('team.sign-out'),
          icon: LogOut,
          onChoose: () => commands.show({ kind: 'leave-team' }),
        },
      ]}
    />
  );
}
