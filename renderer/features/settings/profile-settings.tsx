/** Oneself in this team: the name the others see, and the password. */
import { useState, type SyntheticEvent } from 'react';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { hueIn, isAdmin } from '../../state/selectors.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';
import { isLongEnough, PASSWORD_MIN_LENGTH } from '../welcome/account.ts';
import { MemberInvites } from './member-invites.tsx';
import styles from './profile-settings.module.css';

const NAME_LENGTH = 80;

export function ProfileSettings({ team }: { readonly team: TeamState }) {
  const words = useWords();
  const me = team.members[team.team.me];
  return (
    <>
      <section className={form['section']}>
        <div className={styles['who']}>
          <Avatar hue={hueIn(team.members, team.team.me)} name={me?.name ?? ''} size="large" />
          <div>
            <bdi className={styles['name']}>{me?.name}</bdi>
            <p className={form['hint']}>
              @{me?.handle} · {words.say(`role.${team.team.role}`)} · <bdi>{team.team.name}</bdi>
            </p>
          </div>
        </div>
        <Rename
          key={me?.name}
          label={words.say('account.name')}
          hint={words.say('account.name-hint')}
          was={me?.name ?? ''}
          name="profile.set"
          team={team}
        />
        {isAdmin(team.team.role) && (
          <Rename
            key={team.team.name}
            label={words.say('team.name')}
            was={team.team.name}
            name="team.rename"
            team={team}
          />
        )}
      </section>
      {isAdmin(team.team.role) && <MemberInvites team={team} />}
      <section className={form['section']}>
        <h3 className={form['title']}>{words.say('account.change-password')}</h3>
        <Password team={team.team.id} />
      </section>
    </>
  );
}

interface RenameProps {
  readonly label: string;
  readonly hint?: string;
  readonly was: string;
  readonly name: 'profile.set' | 'team.rename';
  readonly team: TeamState;
}

function Rename({ label, hint, was, name: command, team }: RenameProps) {
  const words = useWords();
  const commands = useCommands();
  const submit = useSubmit();
  const [name, setName] = useState(was);
  const save = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    if (await submit.run(command, { team: team.team.id, name: name.trim() }))
      commands.say({ kind: 'done', what: 'saved' });
  };
  const hasChanged = name.trim() !== was && name.trim() !== '';
  return (
    <form className={styles['line']} onSubmit={(event) => void save(event)}>
      <TextField
        label={label}
        {...(hint === undefined ? {} : { hint })}
        value={name}
        maxLength={NAME_LENGTH}
        onChange={setName}
        error={submit.problem && problemWords(words, submit.problem)}
      />
      <Button type="submit" isDisabled={!hasChanged || submit.isBusy}>
        {words.say('act.save')}
      </Button>
    </form>
  );
}

function Password({ team }: { readonly team: string }) {
  const words = useWords();
  const commands = useCommands();
  const submit = useSubmit();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const save = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    if (!(await submit.run('password.change', { team, current, next }))) return;
    setCurrent('');
    setNext('');
    commands.say({ kind: 'done', what: 'saved' });
  };
  return (
    <form className={form['form']} onSubmit={(event) => void save(event)}>
      <TextField
        label={words.say('account.current-password')}
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
        error={submit.problem && problemWords(words, submit.problem)}
      />
      <TextField
        label={words.say('account.new-password')}
        hint={words.say('account.password-hint', { length: PASSWORD_MIN_LENGTH })}
        type="password"
        autoComplete="new-password"
        value={next}
        onChange={setNext}
      />
      <div className={form['acts']}>
        <Button type="submit" isDisabled={current === '' || !isLongEnough(next) || submit.isBusy}>
          {words.say('account.change-password')}
        </Button>
      </div>
    </form>
  );
}
