/** An invite link pasted, or an address typed. What goes wrong is said here, with what to do. */
import { ArrowLeft } from 'lucide-react';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { Button } from '../../ui/button.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { WireLine } from '../../ui/wire-line.tsx';
import form from '../../ui/form.module.css';
import type { Step } from './flow.ts';
import styles from './welcome.module.css';

export interface InviteFieldProps {
  readonly step: Extract<Step, { readonly at: 'invite' }>;
  readonly onType: (typed: string) => void;
  readonly onProbe: () => void;
  readonly onBack: () => void;
}

export function InviteField({ step, onType, onProbe, onBack }: InviteFieldProps) {
  const words = useWords();
  return (
    <>
      <h1 className={styles['heading']}>{words.say('welcome.invite')}</h1>
      <p className={styles['lead']}>{words.say('invite-field.lead')}</p>
      <form
        className={form['form']}
        onSubmit={(event) => {
          event.preventDefault();
          onProbe();
        }}
      >
        <TextField
          label={words.say('invite-field.label')}
          hint={words.say('invite-field.hint')}
          placeholder="landline://join?…"
          isMono
          autoFocus
          spellCheck="false"
          autoComplete="off"
          value={step.typed}
          isReadOnly={step.isProbing}
          onChange={onType}
          error={step.problem && problemWords(words, step.problem)}
        />
        <div className={form['acts']}>
          <Button onPress={onBack}>
            <ArrowLeft {...ICON} size={16} /> {words.say('act.back')}
          </Button>
          <Button
            look="primary"
            type="submit"
            isDisabled={step.isProbing || step.typed.trim() === ''}
          >
            {words.say('act.continue')}
          </Button>
          {step.isProbing && (
            <span role="status" className={styles['probing']}>
              <WireLine look="moving" />
              {words.say('invite-field.probing')}
            </span>
          )}
        </div>
      </form>
    </>
  );
}
