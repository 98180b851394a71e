/** The conversation pane: header, timeline, who is typing, composer; or what to say where there is none. */
import { MessagesSquare } from 'lucide-react';
import { useWords } from '../../i18n/context.tsx';
import { channelIdOf, teamOf } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/panel.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import { ChannelHeader } from '../channel/channel-header.tsx';
import { ChannelFoot } from '../composer/channel-foot.tsx';
import { Timeline } from '../timeline/timeline.tsx';
import { Notices } from './notices.tsx';
import { Stopped } from './stopped.tsx';
import styles from './talk.module.css';

export function Talk() {
  const words = useWords();
  const team = useWindow(teamOf);
  const channelId = useWindow(channelIdOf);
  const stoppedSeen = useWindow((model) => model.ui.stoppedSeen);
  if (team === null) return <main className={styles['talk']} />;
  const channel = channelId === null ? undefined : team.channels[channelId];
  const isStopped = team.team.wire.state === 'stopped';
  if (isStopped && stoppedSeen !== team.team.id) {
    return (
      <main className={styles['talk']} data-region tabIndex={-1}>
        <div className={styles['whole']}>
          <Stopped team={team.team} />
        </div>
      </main>
    );
  }
  return (
    <main
      className={styles['talk']}
      data-region
      tabIndex={-1}
      aria-label={words.say('shell.conversation')}
    >
      <Notices />
      {channel === undefined ? (
        <div className={styles['whole']}>
          <EmptyTeam isGuest={team.team.role === 'guest'} />
        </div>
      ) : (
        <>
          <ChannelHeader team={team} channel={channel} />
          <div className={styles['list']}>
            <Timeline team={team} channel={channel} />
          </div>
          <ChannelFoot key={`${team.team.id}/${channel.id}`} team={team} channel={channel} />
        </>
      )}
    </main>
  );
}

function EmptyTeam({ isGuest }: { readonly isGuest: boolean }) {
  const words = useWords();
  const commands = useCommands();
  return (
    <Empty icon={MessagesSquare} title={words.say('empty.team')}>
      <p>{words.say(isGuest ? 'empty.team-guest' : 'empty.team-hint')}</p>
      <div className={styles['acts']}>
        <Button onPress={() => commands.show({ kind: 'browse-channels' })}>
          {words.say('channel.browse')}
        </Button>
        {!isGuest && (
          <Button look="primary" onPress={() => commands.show({ kind: 'create-channel' })}>
            {words.say('channel.create')}
          </Button>
        )}
      </div>
    </Empty>
  );
}
