/**
 * Trust that did not come with the invite: two people compare the fingerprint, once. And the hard stop where the key is not
 * the one the invite names: both are shown, and nothing leads on.
 */
import { ArrowLeft, ShieldAlert } from 'lucide-react';
import { useState } from 'react';
import type { Problem, RelayFound } from '../../../electron/bridge/commands.ts';
import { useWords } from '../../i18n/context.tsx';
import { Button } from '../../ui/button.tsx';
import { CheckBox } from '../../ui/choice.tsx';
import { Fingerprint } from '../../ui/fingerprint.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { Note } from '../../ui/panel.tsx';
import form from '../../ui/form.module.css';
import styles from './welcome.module.css';

export interface CompareProps {
  readonly found: RelayFound;
  readonly onSame: () => void;
  readonly onBack: () => void;
}

export function Compare({ found, onSame, onBack }: CompareProps) {
  const words = useWords();
  const [hasCompared, setHasCompared] = useState(false);
  return (
    <>
      <h1 className={styles['heading']}>{words.say('compare.title')}</h1>
      <p className={styles['lead']}>
        {words.say('compare.lead', {
          team: found.teamName ?? found.address,
          address: found.address,
        })}
      </p>
      <Fingerprint value={found.fingerprint ?? ''} />
      <p className={form['hint']}>{words.say('compare.where')}</p>
      <CheckBox label={words.say('compare.same')} isOn={hasCompared} onChange={setHasCompared} />
      <div className={form['acts']}>
        <Button onPress={onBack}>
          <ArrowLeft {...ICON} size={16} /> {words.say('act.back')}
        </Button>
        <Button look="primary" isDisabled={!hasCompared} onPress={onSame}>
          {words.say('act.continue')}
        </Button>
      </div>
    </>
  );
}

export function Stop({
  problem,
  onBack,
}: {
  readonly problem: Problem;
  readonly onBack: () => void;
}) {
  const words = useWords();
  return (
    <>
      <h1 className={styles['heading']}>{words.say('stop.title')}</h1>
      <Note tone="alarm" icon={ShieldAlert}>
        {words.say('stop.text')}
      </Note>
      {problem.expectedKey !== undefined && (
        <div className={styles['key']}>
          <span>{words.say('trust.expected')}</span>
          <Fingerprint value={problem.expectedKey} />
        </div>
      )}
      {problem.seenKey !== undefined && (
        <div className={styles['key']}>
          <span>{words.say('trust.seen')}</span>
          <Fingerprint
            value={problem.seenKey}
            {...(problem.expectedKey === undefined ? {} : { other: problem.expectedKey })}
          />
        </div>
      )}
      <div className={form['acts']}>
        <Button onPress={onBack}>
          <ArrowLeft {...ICON} size={16} /> {words.say('act.back')}
        </Button>
      </div>
    </>
  );
}
