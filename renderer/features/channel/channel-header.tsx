/** The head of a conversation: its name, what it is about, who is in it. */
import { BellOff, Hash, Lock, Settings2, Users } from 'lucide-react';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { ICON, IconButton } from '../../ui/icon-button.tsx';
import { PresenceDot } from '../../ui/presence-dot.tsx';
import { useCommands } from '../app/context.tsx';
import { channelTitle } from '../shell/channel-title.ts';
import styles from './channel-header.module.css';

export function ChannelHeader({
  team,
  channel,
}: {
  readonly team: TeamState;
  readonly channel: ChannelView;
}) {
  const words = useWords();
  const commands = useCommands();
  const isTalk = channel.kind === 'direct' || channel.kind === 'group';
  const other = channel.kind === 'direct' ? channel.with[0] : undefined;
  const presence = other === undefined ? 'gone' : (team.presence[other] ?? 'gone');
  const Icon = channel.kind === 'private' ? Lock : channel.kind === 'group' ? Users : Hash;
  const show = (tab: 'about' | 'members' | 'notifications') => () =>
    commands.show({ kind: 'channel', channel: channel.id, tab });
  return (
    <header className={styles['head']}>
      <span className={styles['glyph']}>
        {other !== undefined ? (
          <PresenceDot presence={presence} label={words.say(`presence.${presence}`)} />
        ) : (
          <Icon {...ICON} size={17} />
        )}
      </span>
      <h2 className={styles['name']}>
        <bdi>{channelTitle(channel, team.members, words)}</bdi>
      </h2>
      {channel.isArchived && (
        <span className={styles['mark']}>{words.say('channel.archived')}</span>
      )}
      {channel.topic !== '' && (
        <button
          type="button"
          className={styles['topic']}
          title={channel.topic}
          onClick={show('about')}
        >
          <bdi>{channel.topic}</bdi>
        </button>
      )}
      <div className={styles['tools']}>
        {channel.level === 'none' && (
          <IconButton
            label={words.say('shell.muted')}
            icon={BellOff}
            placement="bottom"
            onPress={show('notifications')}
          />
        )}
        {!isTalk && (
          <IconButton
            label={words.say('channel.members')}
            icon={Users}
            placement="bottom"
            onPress={show('members')}
          />
        )}
        <IconButton
          label={words.say('channel.settings')}
          icon={Settings2}
          placement="bottom"
          onPress={show(isTalk ? 'notifications' : 'about')}
        />
      </div>
    </header>
  );
}
