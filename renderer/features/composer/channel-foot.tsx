/** Under the timeline: who is typing, and the composer; or why one cannot write here, and what to do about it. */
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { isAdmin } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { useCommands } from '../app/context.tsx';
import { Composer } from './composer.tsx';
import { TypingLine } from './typing-line.tsx';
import { UnsavedEdits } from './unsaved-edits.tsx';
import styles from './channel-foot.module.css';

export function ChannelFoot({
  team,
  channel,
}: {
  readonly team: TeamState;
  readonly channel: ChannelView;
}) {
  const words = useWords();
  const commands = useCommands();
  const input = { team: team.team.id, channel: channel.id };
  if (channel.isArchived) {
    return (
      <div className={styles['closed']}>
        <span>{words.say('channel.archived-hint')}</span>
        {isAdmin(team.team.role) && (
          <Button
            size="small"
            onPress={() =>
              void commands.attempt('channel.archive', { ...input, isArchived: false })
            }
          >
            {words.say('channel.unarchive')}
          </Button>
        )}
      </div>
    );
  }
  if (!channel.isJoined) {
    return (
      <div className={styles['closed']}>
        <span>{words.say('channel.not-joined', { name: channel.name })}</span>
        <Button
          size="small"
          look="primary"
          onPress={() => void commands.attempt('channel.join', input)}
        >
          {words.say('channel.join')}
        </Button>
      </div>
    );
  }
  const typing = team.typing[channel.id];
  return (
    <footer className={styles['foot']}>
      <TypingLine
        names={
          typing === undefined
            ? NOBODY
            : typing.map((id) => team.members[id]?.name ?? words.say('people.unknown'))
        }
      />
      <UnsavedEdits team={team} channel={channel.id} />
      <Composer team={team} channel={channel} />
    </footer>
  );
}

const NOBODY: readonly string[] = [];
