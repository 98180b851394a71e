/** Makes a channel: a name, who may see it, what it is about. */
import { Hash, Lock } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { Button } from '../../ui/button.tsx';
import { Options } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';

const NAME_LENGTH = 80;
const TOPIC_LENGTH = 250;

export function CreateChannel({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const commands = useCommands();
  const [name, setName] = useState('');
  const [topic, setTopic] = useState('');
  const [kind, setKind] = useState<'public' | 'private'>('public');
  const submit = useSubmit();
  const id = team.team.id;

  const create = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    const made = await submit.run('channel.create', {
      team: id,
      kind,
      name: name.trim(),
      topic: topic.trim(),
      members: [],
    });
    if (!made) return;
    onClose();
    await commands.goTo(id, made.value.channel);
    commands.toComposer();
  };

  return (
    <Dialog title={words.say('channel.create')} onClose={onClose}>
      <form className={form['form']} onSubmit={(event) => void create(event)}>
        <TextField
          label={words.say('channel.name')}
          hint={words.say('channel.name-hint')}
          value={name}
          maxLength={NAME_LENGTH}
          onChange={setName}
          autoFocus
          prefix={kind === 'private' ? <Lock {...ICON} size={15} /> : <Hash {...ICON} size={15} />}
          error={submit.problem && problemWords(words, submit.problem)}
        />
        <TextField
          label={words.say('channel.topic')}
          hint={words.say('channel.topic-hint')}
          value={topic}
          maxLength={TOPIC_LENGTH}
          onChange={setTopic}
        />
        <Options
          label={words.say('channel.who')}
          value={kind}
          onChange={setKind}
          options={[
            {
              value: 'public',
              label: words.say('channel.public'),
              hint: words.say('channel.public-hint'),
            },
            {
              value: 'private',
              label: words.say('channel.private'),
              hint: words.say('channel.private-hint'),
            },
          ]}
        />
        <div className={`${form['acts'] ?? ''} ${form['end'] ?? ''}`}>
          <Button onPress={onClose}>{words.say('act.cancel')}</Button>
          <Button look="primary" type="submit" isDisabled={submit.isBusy || name.trim() === ''}>
            {words.say(submit.isBusy ? 'act.wait' : 'channel.create-act')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
