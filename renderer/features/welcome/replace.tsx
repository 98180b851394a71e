/**
 * A relay claims a team that this computer knows under another key. Both keys are shown; nothing is
 * sent, and nothing on this computer changes, before a person says that the new one replaces the
 * old one.
 */
import { ArrowLeft, ShieldAlert } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { Button } from '../../ui/button.tsx';
import { CheckBox } from '../../ui/choice.tsx';
import { Fingerprint } from '../../ui/fingerprint.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { Note } from '../../ui/panel.tsx';
import form from '../../ui/form.module.css';
import type { Replacing } from './flow.ts';
import styles from './welcome.module.css';

export interface ReplaceProps {
  readonly found: Replacing;
  readonly onReplace: () => void;
  readonly onBack: () => void;
}

export function Replace({ found, onReplace, onBack }: ReplaceProps) {
  const words = useWords();
  const [hasCompared, setHasCompared] = useState(false);
  const { replaces: known } = found;
  return (
    <>
      <h1 className={styles['heading']}>{words.say('replace.title', { team: known.name })}</h1>
      <Note tone="alarm" icon={ShieldAlert}>
        {words.say('replace.text', { team: known.name, address: found.address })}
      </Note>
      <Key label={words.say('replace.known')} of={known} />
      <Key label={words.say('replace.new')} of={found} other={known.fingerprint} />
      <p className={form['hint']}>{words.say('replace.after')}</p>
      <CheckBox label={words.say('replace.same')} isOn={hasCompared} onChange={setHasCompared} />
      <div className={form['acts']}>
        <Button onPress={onBack}>
          <ArrowLeft {...ICON} size={16} /> {words.say('act.back')}
        </Button>
        <Button look="danger" isDisabled={!hasCompared} onPress={onReplace}>
          {words.say('replace.act')}
        </Button>
      </div>
    </>
  );
}

interface KeyProps {
  readonly label: string;
  readonly of: { readonly address: string; readonly fingerprint: string | null };
  readonly other?: string | null;
}

function Key({ label, of: { address, fingerprint }, other }: KeyProps) {
  const words = useWords();
  return (
    <div className={styles['key']}>
      <span>{label}</span>
      {fingerprint === null ? (
        <strong>{words.say('replace.certificate', { address })}</strong>
      ) : (
        <Fingerprint value={fingerprint} {...(other == null ? {} : { other })} />
      )}
    </div>
  );
}
