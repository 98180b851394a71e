/** Signing out of a team: keep what is on this computer to read and come back to, or take everything off it. */
import { useState } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { Button } from '../../ui/button.tsx';
import { Options } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import form from '../../ui/form.module.css';
import { useSubmit } from '../app/use-submit.ts';

export function LeaveTeam({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const submit = useSubmit();
  const [how, setHow] = useState<'keep' | 'forget'>('keep');
  const { outbox, name, id } = team.team;
  const unsent = outbox.waiting + outbox.failed;
  const leave = async (): Promise<void> => {
    if (await submit.run('team.sign-out', { team: id, forget: how === 'forget' })) onClose();
  };
  return (
    <Dialog
      title={words.say('team.sign-out-of', { team: name })}
      size="small"
      role="alertdialog"
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{words.say('act.cancel')}</Button>
          <Button look="danger" isDisabled={submit.isBusy} onPress={() => void leave()}>
            {words.say(how === 'forget' ? 'team.forget' : 'team.sign-out')}
          </Button>
        </>
      }
    >
      <div className={form['form']}>
        {unsent > 0 && (
          <p className={form['problem']}>{words.say('team.unsent', { count: unsent })}</p>
        )}
        <Options
          label={words.say('team.what-stays')}
          value={how}
          onChange={setHow}
          options={[
            { value: 'keep', label: words.say('team.keep'), hint: words.say('team.keep-hint') },
            {
              value: 'forget',
              label: words.say('team.forget'),
              hint: words.say('team.forget-hint'),
            },
          ]}
        />
        {submit.problem !== null && (
          <p className={form['problem']}>{problemWords(words, submit.problem)}</p>
        )}
      </div>
    </Dialog>
  );
}
