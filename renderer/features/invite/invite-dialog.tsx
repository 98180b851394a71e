/** Bringing people in: a link that carries address, code and key, to copy or to photograph; and the links still open. */
import { Copy } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { InviteView, NewInvite } from '../../../electron/bridge/commands.ts';
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { full, until } from '../../time/wording.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ICON } from '../../ui/icon-button.tsx';
import { Qr } from '../../ui/qr.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';
import styles from './invite-dialog.module.css';
import { daysUpTo, usesUpTo } from './terms.ts';

const USUAL_DAYS = 7;
type Role = 'admin' | 'member' | 'guest';

export function InviteDialog({
  team,
  onClose,
}: {
  readonly team: TeamState;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const commands = useCommands();
  const submit = useSubmit();
  const [role, setRole] = useState<Role>('member');
  // The relay decides; a limit that was lowered while this is open is refused there.
  const most = team.team.mayInvite ?? { days: 1, uses: 1 };
  const [days, setDays] = useState(String(Math.min(USUAL_DAYS, most.days)));
  const [uses, setUses] = useState<string>('1');
  const [made, setMade] = useState<NewInvite | null>(null);
  const id = team.team.id;
  const open = useOpenInvites(id, made);

  const make = async (): Promise<void> => {
    const answer = await submit.run('invite.create', {
      team: id,
      role,
      days: Number(days),
      uses: Number(uses),
    });
    if (answer) setMade(answer.value);
  };
  const end = (invite: string): void =>
    void commands.attempt('invite.end', { team: id, invite }).then((isDone) => {
      if (!isDone) return;
      if (made?.id === invite) setMade(null);
      open.reload();
    });

  return (
    <Dialog title={words.say('invite.title-to', { team: team.team.name })} onClose={onClose}>
      <div className={form['form']}>
        <div className={form['pair']}>
          <Select
            label={words.say('invite.role')}
            value={role}
            onChange={setRole}
            options={(
              [
                'member',
                'guest',
                ...(team.team.role === 'owner' ? (['admin'] as const) : []),
              ] as const
            ).map((value) => ({
              value,
              label: words.say(`role.${value}`),
            }))}
          />
          <Select
            label={words.say('invite.days')}
            value={days}
            onChange={setDays}
            options={daysUpTo(most.days).map((count) => ({
              value: String(count),
              label: words.say('invite.n-days', { count }),
            }))}
          />
          <Select
            label={words.say('invite.uses')}
            value={uses}
            onChange={setUses}
            options={usesUpTo(most.uses).map((count) => ({
              value: String(count),
              label: words.say('invite.n-uses', { count }),
            }))}
          />
        </div>
        {submit.problem !== null && (
          <p role="alert" className={form['problem']}>
            {problemWords(words, submit.problem)}
          </p>
        )}
        {made === null ? (
          <div className={form['acts']}>
            <Button look="primary" isDisabled={submit.isBusy} onPress={() => void make()}>
              {words.say(submit.isBusy ? 'act.wait' : 'invite.make')}
            </Button>
            <span className={form['hint']}>{words.say('invite.hint')}</span>
          </div>
        ) : (
          <div className={styles['made']}>
            <Qr modules={made.qr} label={words.say('invite.qr')} />
            <div className={styles['link']}>
              <code dir="ltr" tabIndex={0} aria-label={words.say('invite.link')}>
                {made.link}
              </code>
              <div className={form['acts']}>
                <Button
                  autoFocus
                  look="primary"
                  size="small"
                  onPress={() => void commands.copy(made.link)}
                >
                  <Copy {...ICON} size={15} /> {words.say('invite.copy')}
                </Button>
                <Button size="small" onPress={() => setMade(null)}>
                  {words.say('invite.another')}
                </Button>
              </div>
              <p className={form['hint']}>{words.say('invite.carries')}</p>
            </div>
          </div>
        )}
        <section
          className={form['section']}
          style={{ borderBlockStart: '1px solid var(--rule)', paddingBlockStart: 16 }}
        >
          <h3 className={form['title']}>{words.say('invite.open')}</h3>
          {open.invites === null ? (
            <p className={form['hint']}>
              {words.say(open.isRefused ? 'problem.offline' : 'act.wait')}
            </p>
          ) : open.invites.length === 0 ? (
            <p className={form['hint']}>{words.say('invite.none')}</p>
          ) : (
            <ul className={styles['list']}>
              {open.invites.map((invite) => (
                <li key={invite.id} className={styles['invite']}>
                  <span>
                    {words.say('invite.row', {
                      role:
                        invite.role in ROLES
                          ? words.say(`role.${invite.role as Role | 'owner'}`)
                          : invite.role,
                      by: team.members[invite.createdBy]?.name ?? words.say('people.unknown'),
                      count: invite.usesLeft,
                    })}
                    <small title={full(words, invite.expiresAt)}>
                      {words.say('invite.until', { time: until(words, invite.expiresAt) })}
                    </small>
                  </span>
                  <Button size="small" look="danger" onPress={() => end(invite.id)}>
                    {words.say('invite.end')}
                  </Button>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </Dialog>
  );
}

const ROLES = { owner: true, admin: true, member: true, guest: true } as const;

function useOpenInvites(team: string, made: NewInvite | null) {
  const commands = useCommands();
  const [round, setRound] = useState(0);
  const [invites, setInvites] = useState<readonly InviteView[] | null>(null);
  const [isRefused, setIsRefused] = useState(false);
  useEffect(() => {
    let isWanted = true;
    void commands.call('invite.list', { team }).then((answer) => {
      if (!isWanted) return;
      if (answer.ok) setInvites(answer.value.invites);
      setIsRefused(!answer.ok);
    });
    return () => {
      isWanted = false;
    };
  }, [commands, team, made, round]);
  const reload = useCallback(() => setRound((now) => now + 1), []);
  return { invites, isRefused, reload };
}
