/** One person: who they are, how they are here, writing to them; and for those who run the team, their role and whether they are in. */
import { useState } from 'react';
import type { MemberView, TeamState } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { hueIn, isAdmin } from '../../state/selectors.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { PresenceDot } from '../../ui/presence-dot.tsx';
import form from '../../ui/form.module.css';
import { useCommands } from '../app/context.tsx';
import styles from './member-dialog.module.css';

export interface MemberDialogProps {
  readonly team: TeamState;
  readonly member: MemberView;
  readonly onClose: () => void;
}

export function MemberDialog({ team, member, onClose }: MemberDialogProps) {
  const words = useWords();
  const commands = useCommands();
  const presence = team.presence[member.id] ?? 'gone';
  const isMe = member.id === team.team.me;
  const id = team.team.id;
  return (
    <Dialog title={words.say('people.profile')} size="small" onClose={onClose}>
      <div className={styles['who']}>
        <Avatar
          hue={hueIn(team.members, member.id)}
          name={member.name}
          size="large"
          isInactive={!member.isActive}
        />
        <div className={styles['words']}>
          <span className={styles['name']}>
            <bdi>{member.name}</bdi>
          </span>
          <span className={styles['handle']}>
            <bdi>@{member.handle}</bdi>
          </span>
          <span className={styles['presence']}>
            <PresenceDot presence={presence} />
            {words.say(member.isActive ? `presence.${presence}` : 'people.inactive')} ·{' '}
            {words.say(`role.${member.role}`)}
          </span>
        </div>
      </div>
      <div className={form['acts']}>
        {isMe ? (
          <Button onPress={() => commands.show({ kind: 'settings', tab: 'profile' })}>
            {words.say('settings.profile')}
          </Button>
        ) : (
          member.isActive && (
            <Button look="primary" onPress={() => void commands.goToMember(id, member.id)}>
              {words.say('people.write')}
            </Button>
          )
        )}
        <Button onPress={() => void commands.copy(`@${member.handle}`)}>
          {words.say('people.copy-handle')}
        </Button>
      </div>
      {!isMe && isAdmin(team.team.role) && mayRun(team, member) && (
        <Running team={team} member={member} />
      )}
    </Dialog>
  );
}

/** Owners are changed by owners only. */
const mayRun = (team: TeamState, member: MemberView): boolean =>
  team.team.role === 'owner' || member.role !== 'owner';

function Running({ team, member }: { readonly team: TeamState; readonly member: MemberView }) {
  const words = useWords();
  const commands = useCommands();
  const [isSure, setIsSure] = useState(false);
  const input = { team: team.team.id, member: member.id };
  const roles = ['owner', 'admin', 'member', 'guest'] as const;
  return (
    <div className={form['section']} style={{ marginBlockStart: 20 }}>
      <Select
        label={words.say('people.role')}
        hint={words.say(`role.${member.role}-hint`)}
        value={member.role}
        options={roles
          .filter((role) => role !== 'owner' || team.team.role === 'owner')
          .map((role) => ({ value: role, label: words.say(`role.${role}`) }))}
        onChange={(role) => void commands.attempt('member.role', { ...input, role })}
      />
      {member.isActive ? (
        isSure ? (
          <div className={form['form']}>
            <p className={form['hint']}>
              {words.say('people.deactivate-hint', { name: member.name })}
            </p>
            <div className={form['acts']}>
              <Button onPress={() => setIsSure(false)}>{words.say('act.cancel')}</Button>
              <Button
                look="danger"
                onPress={() =>
                  void commands
                    .attempt('member.active', { ...input, isActive: false })
                    .then(() => setIsSure(false))
                }
              >
                {words.say('people.deactivate')}
              </Button>
            </div>
          </div>
        ) : (
          <div className={form['acts']}>
            <Button look="danger" onPress={() => setIsSure(true)}>
              {words.say('people.deactivate')}
            </Button>
          </div>
        )
      ) : (
        <div className={form['acts']}>
          <Button
            onPress={() => void commands.attempt('member.active', { ...input, isActive: true })}
          >
            {words.say('people.activate')}
          </Button>
        </div>
      )}
    </div>
  );
}
