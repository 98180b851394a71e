/**
 * The line to a team is cut until a person acts. Says why, what is safe, and what to do. A changed key is a hard stop: both
 * fingerprints are shown and there is no way on from here; what is cached on this computer may still be read.
 */
import { KeyRound, ShieldAlert, Unplug } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import type { TeamView } from '../../../electron/bridge/views.ts';
import type { Problem } from '../../../electron/bridge/commands.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { Button } from '../../ui/button.tsx';
import { Fingerprint } from '../../ui/fingerprint.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { useCommands } from '../app/context.tsx';
import styles from './stopped.module.css';

export function Stopped({ team }: { readonly team: TeamView }) {
  const words = useWords();
  const commands = useCommands();
  const { wire } = team;
  if (wire.state !== 'stopped') return null;
  const isKey = wire.why === 'key-changed';
  const mayReturn = wire.why === 'session-ended' || wire.why === 'signed-out';
  const Icon = isKey ? ShieldAlert : mayReturn ? KeyRound : Unplug;
  return (
    <section className={styles['stopped']} aria-labelledby="stopped-title">
      <span className={isKey ? styles['alarm'] : styles['sign']}>
        <Icon {...ICON} size={26} />
      </span>
      <h2 id="stopped-title" className={styles['title']}>
        {words.say(`stopped.${wire.why}.title`, { team: team.name })}
      </h2>
      <p>{words.say(`stopped.${wire.why}.text`, { team: team.name, address: team.address })}</p>
      {isKey && (
        <div className={styles['keys']}>
          <Key label={words.say('trust.expected')} value={wire.expectedKey} />
          <Key label={words.say('trust.seen')} value={wire.seenKey} other={wire.expectedKey} />
        </div>
      )}
      {mayReturn && <SignInAgain team={team} />}
      <div className={styles['acts']}>
        {!isKey && !mayReturn && (
          <Button
            look="primary"
            onPress={() => void commands.attempt('wire.retry', { team: team.id })}
          >
            {words.say('wire.retry')}
          </Button>
        )}
        <Button onPress={() => commands.sawStopped(team.id)}>{words.say('stopped.read')}</Button>
        <Button look="quiet" onPress={() => commands.show({ kind: 'leave-team' })}>
          {words.say('team.sign-out')}
        </Button>
      </div>
    </section>
  );
}

function Key({
  label,
  value,
  other,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly other?: string | undefined;
}) {
  if (value === undefined) return null;
  return (
    <div className={styles['key']}>
      <span>{label}</span>
      <Fingerprint value={value} {...(other === undefined ? {} : { other })} />
    </div>
  );
}

function SignInAgain({ team }: { readonly team: TeamView }) {
  const words = useWords();
  const commands = useCommands();
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    const answer = await commands.call('team.sign-in-again', { team: team.id, password });
    setIsBusy(false);
    setProblem(answer.ok ? null : answer.error);
  };
  return (
    <form className={styles['form']} onSubmit={(event) => void submit(event)}>
      <TextField
        label={words.say('account.password')}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={problem && problemWords(words, problem)}
      />
      <Button look="primary" type="submit" isDisabled={isBusy || password === ''}>
        {words.say(isBusy ? 'act.wait' : 'account.sign-in')}
      </Button>
    </form>
  );
}
