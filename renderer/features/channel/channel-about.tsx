/** A channel's name and topic, changed by those who may; leaving it, and putting it away. */
import { useEffect, useState, type SyntheticEvent } from 'react';
import type { ChannelView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { isAdmin } from '../../state/selectors.ts';
import { day } from '../../time/wording.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';

export interface ChannelAboutProps {
  readonly team: TeamState;
  readonly channel: ChannelView;
  readonly onClose: () => void;
}

const NAME_LENGTH = 80;
const TOPIC_LENGTH = 250;

/** How far back the channel can be read offline, as it was when the dialog opened or the last message came. */
function HeldSince({ team, channel }: { readonly team: string; readonly channel: ChannelView }) {
  const words = useWords();
  const commands = useCommands();
  const [held, setHeld] = useState<{
    readonly at: number | null;
    readonly isWhole: boolean;
    readonly now: number;
  }>();
  const { id, head } = channel;
  useEffect(() => {
    let isOver = false;
    void commands.call('channel.held', { team, channel: id }).then((answer) => {
      if (answer.ok && !isOver) setHeld({ ...answer.value, now: Date.now() });
    });
    return () => {
      isOver = true;
    };
  }, [commands, team, id, head]);
  if (!held || held.at === null) return null;
  return (
    <p className={form['hint']}>
      {held.isWhole
        ? words.say('channel.held-whole')
        : words.say('channel.held', { day: day(words, held.at, held.now) })}
    </p>
  );
}

export function ChannelAbout({ team, channel, onClose }: ChannelAboutProps) {
  const words = useWords();
  const commands = useCommands();
  const submit = useSubmit();
  const [name, setName] = useState(channel.name);
  const [topic, setTopic] = useState(channel.topic);
  const input = { team: team.team.id, channel: channel.id };
  const mayChange = channel.isJoined && !channel.isArchived && team.team.role !== 'guest';
  const hasChanged = name.trim() !== channel.name || topic.trim() !== channel.topic;

  const save = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    const change = {
      ...(name.trim() === channel.name ? {} : { name: name.trim() }),
      ...(topic.trim() === channel.topic ? {} : { topic: topic.trim() }),
    };
    if (await submit.run('channel.change', { ...input, ...change })) {
      commands.say({ kind: 'done', what: 'saved' });
      onClose();
    }
  };
  const thenClose = (done: Promise<boolean>): void =>
    void done.then((isDone) => {
      if (isDone) onClose();
    });

  return (
    <>
      <form className={form['form']} onSubmit={(event) => void save(event)}>
        <TextField
          label={words.say('channel.name')}
          value={name}
          maxLength={NAME_LENGTH}
          isDisabled={!mayChange}
          onChange={setName}
          error={submit.problem && problemWords(words, submit.problem)}
        />
        <TextField
          label={words.say('channel.topic')}
          value={topic}
          maxLength={TOPIC_LENGTH}
          rows={3}
          isDisabled={!mayChange}
          onChange={setTopic}
        />
        {mayChange && (
          <div className={form['acts']}>
            <Button
              look="primary"
              type="submit"
              isDisabled={!hasChanged || name.trim() === '' || submit.isBusy}
            >
              {words.say('act.save')}
            </Button>
          </div>
        )}
      </form>
      <div className={form['section']} style={{ marginBlockStart: 20 }}>
        <div className={form['acts']}>
          {channel.isJoined ? (
            <Button onPress={() => thenClose(commands.attempt('channel.leave', input))}>
              {words.say('channel.leave')}
            </Button>
          ) : (
            <Button onPress={() => thenClose(commands.attempt('channel.join', input))}>
              {words.say('channel.join')}
            </Button>
          )}
          {isAdmin(team.team.role) && (
            <Button
              look={channel.isArchived ? 'plain' : 'danger'}
              onPress={() =>
                thenClose(
                  commands.attempt('channel.archive', {
                    ...input,
                    isArchived: !channel.isArchived,
                  }),
                )
              }
            >
              {words.say(channel.isArchived ? 'channel.unarchive' : 'channel.archive')}
            </Button>
          )}
        </div>
        {channel.isJoined && <HeldSince team={team.team.id} channel={channel} />}
        <p className={form['hint']}>
          {words.say(channel.isArchived ? 'channel.archived-hint' : 'channel.archive-hint')}
        </p>
      </div>
    </>
  );
}
