/** Asks before a message is deleted for everybody: that cannot be taken back. */
import { useState } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { stateOf } from '../../state/selectors.ts';
import { MessageText } from '../../text/message-text.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useCommands, useWindow } from '../app/context.tsx';
import { useTextContext } from './text-context.ts';
import styles from './delete-message.module.css';

export interface DeleteMessageProps {
  readonly team: TeamState;
  readonly channel: string;
  readonly message: string;
  readonly onClose: () => void;
}

export function DeleteMessage({ team, channel, message, onClose }: DeleteMessageProps) {
  const words = useWords();
  const commands = useCommands();
  const context = useTextContext(team, commands);
  const [isBusy, setIsBusy] = useState(false);
  const row = useWindow((model) =>
    stateOf(model)?.timeline?.rows.find((one) => one.type === 'message' && one.id === message),
  );
  const remove = async (): Promise<void> => {
    setIsBusy(true);
    const isDone = await commands.attempt('message.delete', {
      team: team.team.id,
      channel,
      message,
    });
    setIsBusy(false);
    if (isDone) onClose();
  };
  return (
    <Dialog
      title={words.say('delete.title')}
      size="small"
      role="alertdialog"
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{words.say('act.cancel')}</Button>
          <Button look="danger" isDisabled={isBusy} onPress={() => void remove()}>
            {words.say('talk.delete')}
          </Button>
        </>
      }
    >
      <p>{words.say('delete.text')}</p>
      {row?.type === 'message' && (
        <div className={styles['quote']}>
          <MessageText text={row.text} context={context} />
        </div>
      )}
    </Dialog>
  );
}
