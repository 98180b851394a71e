/**
 * What members of the team may give in an invite, for owners and admins. Counts at once, also for
 * invites already given.
 */
import type { TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import { Select } from '../../ui/choice.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import { useSubmit } from '../app/use-submit.ts';
import { dayLimits, useLimits } from '../invite/terms.ts';

export function MemberInvites({ team }: { readonly team: TeamState }) {
  const words = useWords();
  const commands = useCommands();
  const submit = useSubmit();
  const { id, memberInvites: now } = team.team;
  const change = async (next: { readonly days: number; readonly uses: number }): Promise<void> => {
    if (await submit.run('team.member-invites', { team: id, ...next }))
      commands.say({ kind: 'done', what: 'saved' });
  };
  return (
    <section className={form['section']}>
      <h3 className={form['title']}>{words.say('member-invites.title')}</h3>
      <p className={form['hint']}>{words.say('member-invites.hint')}</p>
      <div className={form['pair']}>
        <Select
          label={words.say('member-invites.uses')}
          value={String(now.uses)}
          isDisabled={submit.isBusy}
          onChange={(uses) => void change({ ...now, uses: Number(uses) })}
          options={useLimits(now.uses).map((count) => ({
            value: String(count),
            label:
              count === 0
                ? words.say('member-invites.nobody')
                : words.say('invite.n-uses', { count }),
          }))}
        />
        <Select
          label={words.say('member-invites.days')}
          value={String(now.days)}
          isDisabled={submit.isBusy || now.uses === 0}
          onChange={(days) => void change({ ...now, days: Number(days) })}
          options={dayLimits(now.days).map((count) => ({
            value: String(count),
            label: words.say('invite.n-days', { count }),
          }))}
        />
      </div>
      {submit.problem !== null && (
        <p role="alert" className={form['problem']}>
          {problemWords(words, submit.problem)}
        </p>
      )}
    </section>
  );
}
