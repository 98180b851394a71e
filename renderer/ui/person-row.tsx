/** A person in a list: avatar, name, handle, how they are here; with what can be done at the end of the row. */
import type { ReactNode } from 'react';
import type { MemberView, PresenceView } from '../../electron/bridge/views.ts';
import { useWords } from '../i18n/context.tsx';
import { Avatar } from './avatar.tsx';
import { cx } from './cx.ts';
import { PresenceDot } from './presence-dot.tsx';
import styles from './person-row.module.css';

export interface PersonRowProps {
  readonly member: MemberView;
  /** Their colour. */
  readonly hue: number;
  readonly presence: PresenceView;
  readonly isMe?: boolean;
  readonly isChosen?: boolean;
  /** Makes the whole row a button. */
  readonly onPress?: () => void;
  readonly children?: ReactNode;
}

export function PersonRow({
  member,
  hue,
  presence,
  isMe = false,
  isChosen,
  onPress,
  children,
}: PersonRowProps) {
  const words = useWords();
  const inside = (
    <>
      <Avatar hue={hue} name={member.name} isInactive={!member.isActive} />
      <span className={styles['words']}>
        <span className={styles['name']}>
          <bdi>{member.name}</bdi>
          <PresenceDot presence={presence} label={words.say(`presence.${presence}`)} />
          {isMe && <span className={styles['mark']}>{words.say('people.you')}</span>}
          {!member.isActive ? (
            <span className={styles['mark']}>{words.say('people.inactive')}</span>
          ) : (
            member.role !== 'member' && (
              <span className={styles['mark']}>{words.say(`role.${member.role}`)}</span>
            )
          )}
        </span>
        <span className={styles['more']}>
          <bdi>@{member.handle}</bdi>
        </span>
      </span>
    </>
  );
  return onPress ? (
    <button
      type="button"
      className={cx(styles['row'], isChosen && styles['chosen'])}
      aria-pressed={isChosen}
      onClick={onPress}
    >
      {inside}
      {children}
    </button>
  ) : (
    <div className={styles['row']}>
      {inside}
      {children}
    </div>
  );
}
