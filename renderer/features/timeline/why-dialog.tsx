/** Why a message did or did not notify: the rule that decided, and what the system answered. */
import { useEffect, useState } from 'react';
import type { Problem, WhyView } from '../../../electron/bridge/commands.ts';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { CATALOGUE, type MessageKey } from '../../i18n/catalogue.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { full } from '../../time/wording.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useCommands } from '../app/context.tsx';
import styles from './why-dialog.module.css';

export interface WhyDialogProps {
  readonly team: TeamState;
  readonly message: string;
  readonly onClose: () => void;
}

type Answer = { readonly why: WhyView | null } | { readonly problem: Problem };

export function WhyDialog({ team, message, onClose }: WhyDialogProps) {
  const words = useWords();
  const commands = useCommands();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const id = team.team.id;
  useEffect(() => {
    let isWanted = true;
    void commands.call('message.why', { team: id, message }).then((said) => {
      if (isWanted) setAnswer(said.ok ? { why: said.value } : { problem: said.error });
    });
    return () => {
      isWanted = false;
    };
  }, [commands, id, message]);

  return (
    <Dialog
      title={words.say('why.title')}
      size="small"
      onClose={onClose}
      foot={
        <Button onPress={() => commands.show({ kind: 'settings', tab: 'notifications' })}>
          {words.say('why.settings')}
        </Button>
      }
    >
      {answer === null ? (
        <p>{words.say('act.wait')}</p>
      ) : 'problem' in answer ? (
        <p role="alert">{problemWords(words, answer.problem)}</p>
      ) : answer.why === null ? (
        <p>{words.say('why.unknown')}</p>
      ) : (
        <dl className={styles['list']}>
          <dt>{words.say('why.outcome')}</dt>
          <dd>{words.say(`why.outcome.${answer.why.outcome}`)}</dd>
          <dt>{words.say('why.rule', { rule: answer.why.rule })}</dt>
          <dd>{reason(answer.why)}</dd>
          <dt>{words.say('why.when')}</dt>
          <dd>{full(words, answer.why.at)}</dd>
        </dl>
      )}
    </Dialog>
  );

  function reason(why: WhyView): string {
    const key = `why.rule.${why.rule}`;
    return key in CATALOGUE ? words.say(key as MessageKey) : why.reason;
  }
}
