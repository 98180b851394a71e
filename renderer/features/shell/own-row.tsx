/** Oneself: name, and how one appears to the others, changed from here. */
import { Settings } from 'lucide-react';
import { Button } from 'react-aria-components';
import { useWords } from '../../i18n/context.tsx';
import { hueIn, teamOf } from '../../state/selectors.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { cx } from '../../ui/cx.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { PresenceDot } from '../../ui/presence-dot.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import styles from './own-row.module.css';

const CHOICES = ['here', 'away', 'dnd'] as const;

export function OwnRow() {
  const words = useWords();
  const commands = useCommands();
  const team = useWindow((model) => teamOf(model)?.team.id);
  const me = useWindow((model) => {
    const one = teamOf(model);
    return one?.members[one.team.me];
  });
  const hue = useWindow((model) => {
    const one = teamOf(model);
    return one === null ? 0 : hueIn(one.members, one.team.me);
  });
  const presence = useWindow((model) => {
    const one = teamOf(model);
    return one?.team.wire.state === 'live' ? (one.presence[one.team.me] ?? 'here') : 'gone';
  });
  if (team === undefined || me === undefined) return null;
  return (
    <div className={styles['own']}>
      <Menu
        label={words.say('presence.label')}
        placement="top start"
        trigger={
          <Button className={cx(styles['me'])}>
            <Avatar hue={hue} name={me.name} size="small" />
            <span className={styles['words']}>
              <span className={styles['name']}>
                <bdi>{me.name}</bdi>
              </span>
              <span className={styles['presence']}>
                <PresenceDot presence={presence} />
                {words.say(presence === 'gone' ? 'presence.offline-self' : `presence.${presence}`)}
              </span>
            </span>
          </Button>
        }
        entries={[
          ...CHOICES.map((choice) => ({
            id: choice,
            label: words.say(`presence.${choice}`),
            mark: <PresenceDot presence={choice} />,
            isChosen: presence === choice,
            onChoose: () => void commands.attempt('presence.set', { team, presence: choice }),
          })),
          { id: 'rule', isRule: true },
          {
            id: 'profile',
            label: words.say('settings.profile'),
            onChoose: () => commands.show({ kind: 'settings', tab: 'profile' }),
          },
        ]}
      />
      <IconButton
        label={words.say('settings.title')}
        icon={Settings}
        onPress={() => commands.show({ kind: 'settings', tab: 'profile' })}
      />
    </div>
  );
}
