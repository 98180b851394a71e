/** Who one is in the team: for the first person, an invited one, or a member who comes back. One form, with what each needs. */
import { ArrowLeft } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import type { Problem, RelayFound } from '../../../electron/bridge/commands.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { stateOf } from '../../state/selectors.ts';
import { Button } from '../../ui/button.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import form from '../../ui/form.module.css';
import { useWindow } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';
import { isHandle, isLongEnough, PASSWORD_MIN_LENGTH, suggestHandle, toHandle } from './account.ts';
import type { Entry } from './flow.ts';
import styles from './welcome.module.css';

export interface AccountFormProps {
  readonly as: Entry | 'start';
  /** Null when the team is started here. */
  readonly found: RelayFound | null;
  readonly onAs?: (as: Entry) => void;
  readonly onEnter: (team: string) => void;
  readonly onBack: () => void;
  readonly onRefused: (problem: Problem) => void;
}

const NAME_LENGTH = 80;

export function AccountForm({ as, found, onAs, onEnter, onBack, onRefused }: AccountFormProps) {
  const words = useWords();
  const submit = useSubmit();
  const os = useWindow((model) => stateOf(model)?.app.os ?? '');
  const [teamName, setTeamName] = useState('');
  const [name, setName] = useState('');
  const [ownHandle, setOwnHandle] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const [device, setDevice] = useState(() => words.say('device.default', { os }));
  const [code, setCode] = useState(found?.invite?.code ?? '');
  const [hasTried, setHasTried] = useState(false);

  const isNew = as !== 'sign-in';
  const makesTeam = as === 'start' || as === 'setup';
  const handle = ownHandle ?? (isNew ? suggestHandle(name) : '');
  const needsCode = as === 'setup' && (found?.invite?.code ?? '') === '';
  const isReady =
    (!makesTeam || teamName.trim() !== '') &&
    (!isNew || (name.trim() !== '' && isLongEnough(password))) &&
    (isNew ? isHandle(handle) : handle !== '' && password !== '') &&
    device.trim() !== '' &&
    (!needsCode || code.trim() !== '');

  const enter = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    setHasTried(true);
    if (!isReady || submit.isBusy) return;
    const account = { name: name.trim(), handle, password, device: device.trim() };
    const at = {
      address: found?.address ?? '',
      fingerprint: found?.fingerprint ?? null,
      // Only the screen that shows both keys leads here with one.
      ...(found?.replaces == null ? {} : { replaces: found.replaces.trust }),
    };
    const answer = await (as === 'start'
      ? submit.run('team.start', { teamName: teamName.trim(), ...account })
      : as === 'setup'
        ? submit.run('team.setup', {
            ...at,
            code: code.trim(),
            teamName: teamName.trim(),
            ...account,
          })
        : as === 'join'
          ? submit.run('team.join', { ...at, code, ...account })
          : submit.run('team.sign-in', { ...at, handle, password, device: device.trim() }));
    if (answer) onEnter(answer.value.team);
  };
  if (submit.problem?.kind === 'key-mismatch' || submit.problem?.kind === 'replaces-team') {
    const { problem } = submit;
    submit.forget();
    onRefused(problem);
  }

  const problem = submit.problem;
  const said = problem && problemWords(words, problem);
  const isHandleProblem = problem?.kind === 'taken';
  return (
    <>
      <h1 className={styles['heading']}>
        {words.say(`account.${as}.title`, { team: found?.teamName ?? found?.address ?? '' })}
      </h1>
      <p className={styles['lead']}>
        {as === 'join' && found?.invite?.invitedBy != null
          ? words.say('account.join.invited', { by: found.invite.invitedBy })
          : words.say(`account.${as}.lead`)}
      </p>
      <form className={form['form']} onSubmit={(event) => void enter(event)}>
        {makesTeam && (
          <TextField
            label={words.say('team.name')}
            placeholder={words.say('team.name-example')}
            value={teamName}
            maxLength={NAME_LENGTH}
            onChange={setTeamName}
            autoFocus
            error={hasTried && teamName.trim() === '' ? words.say('account.needed') : null}
          />
        )}
        {needsCode && (
          <TextField
            label={words.say('account.code')}
            hint={words.say('account.code-hint')}
            isMono
            value={code}
            onChange={setCode}
          />
        )}
        <div className={form['pair']}>
          {isNew && (
            <TextField
              label={words.say('account.name')}
              autoComplete="name"
              value={name}
              maxLength={NAME_LENGTH}
              onChange={setName}
              autoFocus={!makesTeam}
              error={hasTried && name.trim() === '' ? words.say('account.needed') : null}
            />
          )}
          <TextField
            label={words.say('account.handle')}
            autoComplete="username"
            spellCheck="false"
            prefix="@"
            value={handle}
            onChange={(typed) => setOwnHandle(isNew ? toHandle(typed) : typed.replace(/^@/, ''))}
            autoFocus={!isNew}
            error={
              isHandleProblem
                ? said
                : hasTried && isNew && !isHandle(handle)
                  ? words.say('account.handle-hint')
                  : null
            }
          />
        </div>
        <TextField
          label={words.say('account.password')}
          {...(isNew
            ? { hint: words.say('account.password-hint', { length: PASSWORD_MIN_LENGTH }) }
            : {})}
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          value={password}
          onChange={setPassword}
          error={
            problem?.kind === 'weak-password' || (hasTried && isNew && !isLongEnough(password))
              ? words.say('account.password-short', { length: PASSWORD_MIN_LENGTH })
              : null
          }
        />
        <TextField
          label={words.say('account.device')}
          hint={words.say('account.device-hint')}
          value={device}
          maxLength={NAME_LENGTH}
          onChange={setDevice}
        />
        {said !== null && !isHandleProblem && problem?.kind !== 'weak-password' && (
          <p role="alert" className={form['problem']}>
            {said}
          </p>
        )}
        <div className={form['acts']}>
          <Button onPress={onBack} isDisabled={submit.isBusy}>
            <ArrowLeft {...ICON} size={16} /> {words.say('act.back')}
          </Button>
          <Button look="primary" type="submit" isDisabled={submit.isBusy}>
            {words.say(submit.isBusy ? 'act.wait' : `account.${as}.act`)}
          </Button>
          {onAs && as === 'join' && (
            <Button look="link" onPress={() => onAs('sign-in')}>
              {words.say('account.have-one')}
            </Button>
          )}
          {onAs && as === 'sign-in' && found?.invite != null && (
            <Button look="link" onPress={() => onAs('join')}>
              {words.say('account.have-none')}
            </Button>
          )}
        </div>
      </form>
    </>
  );
}
