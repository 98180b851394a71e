/** The channels and conversations of the team on screen, the team's own menu above them, and oneself at the foot. */
import { Compass, MessageSquarePlus, Plus } from 'lucide-react';
import { useMemo, useRef, type ReactNode } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { arrange, teamOf, type SidebarList } from '../../state/selectors.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import { ChannelRow } from './channel-row.tsx';
import { NotSentRow } from './not-sent-row.tsx';
import { OwnRow } from './own-row.tsx';
import { TeamMenu } from './team-menu.tsx';
import styles from './sidebar.module.css';

export function Sidebar() {
  const words = useWords();
  const commands = useCommands();
  const id = useWindow((model) => teamOf(model)?.team.id ?? null);
  const role = useWindow((model) => teamOf(model)?.team.role ?? 'guest');
  const channelsById = useWindow((model) => teamOf(model)?.channels);
  const list = useArranged(channelsById);
  if (id === null || list === null) return null;
  const { channels, directs } = list;
  const isGuest = role === 'guest';
  return (
    <aside className={styles['side']} aria-label={words.say('shell.channels-and-people')}>
      <TeamMenu />
      <nav className={styles['list']} aria-label={words.say('shell.channels')}>
        <NotSentRow />
        <Section
          title={words.say('shell.channels')}
          action={
            <Menu
              label={words.say('shell.channels')}
              trigger={
                <IconButton size="small" label={words.say('shell.add-channel')} icon={Plus} />
              }
              entries={[
                ...(isGuest
                  ? []
                  : [
                      {
                        id: 'create',
                        label: words.say('channel.create'),
                        icon: Plus,
                        onChoose: () => commands.show({ kind: 'create-channel' }),
                      },
                    ]),
                {
                  id: 'browse',
                  label: words.say('channel.browse'),
                  icon: Compass,
                  onChoose: () => commands.show({ kind: 'browse-channels' }),
                },
              ]}
            />
          }
        >
          {channels.map((channel) => (
            <ChannelRow key={channel.id} team={id} channel={channel.id} />
          ))}
          {channels.length === 0 && (
            <p className={styles['none']}>{words.say('shell.no-channels')}</p>
          )}
        </Section>
        <Section
          title={words.say('shell.directs')}
          action={
            <IconButton
              size="small"
              label={words.say('direct.new')}
              icon={MessageSquarePlus}
              onPress={() => commands.show({ kind: 'new-direct' })}
            />
          }
        >
          {directs.map((channel) => (
            <ChannelRow key={channel.id} team={id} channel={channel.id} />
          ))}
          {directs.length === 0 && (
            <p className={styles['none']}>{words.say('shell.no-directs')}</p>
          )}
        </Section>
      </nav>
      <OwnRow />
    </aside>
  );
}

function useArranged(channels: TeamState['channels'] | undefined): SidebarList | null {
  const last = useRef<SidebarList | null>(null);
  return useMemo(
    () => (last.current = channels === undefined ? null : arrange(channels, last.current)),
    [channels],
  );
}

function Section({
  title,
  action,
  children,
}: {
  readonly title: string;
  readonly action: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className={styles['section']}>
      <header className={styles['head']}>
        <h2>{title}</h2>
        {action}
      </header>
      {children}
    </section>
  );
}
