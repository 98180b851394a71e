/**
 * One message: who, when, what, and how it is on its way. The bar of actions is made only for the row under the pointer or the
 * focus. Takes data and callbacks; renders again only when its own row, author or place in a group changed.
 */
import { AlertCircle, Clock3 } from 'lucide-react';
import { memo, useState } from 'react';
import type { MemberView, MessageRow } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { MessageText, type TextContext } from '../../text/message-text.tsx';
import { clock, full } from '../../time/wording.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { EditBox } from './edit-box.tsx';
import { MessageActions, type MessageDeeds } from './message-actions.tsx';
import styles from './message-item.module.css';

export interface MessageItemProps {
  readonly row: MessageRow;
  readonly author: MemberView | undefined;
  /** The author's colour. */
  readonly hue: number;
  readonly isContinued: boolean;
  readonly isMine: boolean;
  readonly isEditing: boolean;
  readonly isTarget: boolean;
  /** The message the Tab key reaches. */
  readonly isTabStop: boolean;
  readonly sendWith: 'enter' | 'ctrl-enter';
  readonly context: TextContext;
  readonly deeds: MessageDeeds;
}

export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const {
    row,
    author,
    hue,
    isContinued,
    isMine,
    isEditing,
    isTarget,
    isTabStop,
    sendWith,
    context,
    deeds,
  } = props;
  const words = useWords();
  const [isHot, setIsHot] = useState(false);
  const [hasFocus, setHasFocus] = useState(false);
  const [isMenuOpen, setIsMenuOpen] = useState(false);
  const name = author?.name ?? words.say('people.unknown');
  const isOut = row.delivery.state === 'sent';
  const time = clock(words, row.at);
  const showsActions = (isHot || hasFocus || isMenuOpen) && !isEditing && !row.isDeleted;

  return (
    <article
      data-message={row.key}
      tabIndex={isTabStop ? 0 : -1}
      aria-label={words.say('talk.message-label', { name, time })}
      className={cx(
        styles['message'],
        isContinued && styles['continued'],
        row.mentionsMe && !row.isDeleted && styles['for-me'],
        !isOut && styles['pending'],
        row.delivery.state === 'failed' && styles['failed'],
        isTarget && styles['target'],
        (hasFocus || isMenuOpen) && styles['held'],
      )}
      onPointerEnter={() => setIsHot(true)}
      onPointerLeave={() => setIsHot(false)}
      onFocus={() => setHasFocus(true)}
      onBlur={(event) => setHasFocus(event.currentTarget.contains(event.relatedTarget))}
    >
      {isContinued && row.delivery.state === 'sending' && row.delivery.isWaiting ? (
        <span
          className={styles['waits']}
          role="img"
          aria-label={words.say('talk.waiting')}
          title={words.say('talk.waiting-hint')}
        >
          <Clock3 {...ICON} size={13} />
        </span>
      ) : isContinued ? (
        <time
          className={styles['gutter']}
          dateTime={new Date(row.at).toISOString()}
          title={full(words, row.at)}
        >
          {time}
        </time>
      ) : (
        <button
          type="button"
          tabIndex={-1}
          aria-hidden
          className={styles['face']}
          onClick={() => deeds.onAuthor(row.author)}
        >
          <Avatar hue={hue} name={name} isInactive={author?.isActive === false} />
        </button>
      )}
      <div className={styles['content']}>
        {!isContinued && (
          <header className={styles['byline']}>
            <bdi className={styles['who']}>{name}</bdi>
            {author?.role === 'guest' && (
              <span className={styles['role']}>{words.say('role.guest')}</span>
            )}
            <time
              className={styles['time']}
              dateTime={new Date(row.at).toISOString()}
              title={full(words, row.at)}
            >
              {time}
            </time>
            <Progress row={row} />
          </header>
        )}
        {isEditing ? (
          <EditBox
            place={deeds.editOf(row)}
            text={row.text}
            isDeleted={row.isDeleted}
            sendWith={sendWith}
            onSave={(text, original) => deeds.onSave(row, text, original)}
            onClose={() => deeds.onEdit(null)}
          />
        ) : row.isDeleted ? (
          <p className={styles['gone']}>{words.say('talk.deleted')}</p>
        ) : (
          <MessageText text={row.text} context={context} />
        )}
        {row.editedAt !== null && !row.isDeleted && !isEditing && (
          <span
            className={styles['edited']}
            title={words.say('talk.edited-at', { time: full(words, row.editedAt) })}
          >
            {words.say('talk.edited')}
          </span>
        )}
        {row.delivery.state === 'failed' && (
          <Failure row={row} why={row.delivery.why} deeds={deeds} />
        )}
      </div>
      {showsActions && (
        <MessageActions row={row} isMine={isMine} deeds={deeds} onMenu={setIsMenuOpen} />
      )}
    </article>
  );
});

function Progress({ row }: { readonly row: MessageRow }) {
  const words = useWords();
  if (row.delivery.state !== 'sending') return null;
  return row.delivery.isWaiting ? (
    <span className={styles['state']} title={words.say('talk.waiting-hint')}>
      <Clock3 {...ICON} size={12} /> {words.say('talk.waiting')}
    </span>
  ) : (
    <span className={styles['state']}>{words.say('talk.sending')}</span>
  );
}

function Failure({
  row,
  why,
  deeds,
}: {
  readonly row: MessageRow;
  readonly why: string;
  readonly deeds: MessageDeeds;
}) {
  const words = useWords();
  return (
    <div className={styles['failure']}>
      <AlertCircle {...ICON} size={15} />
      <span>{words.say('talk.failed', { why: deeds.wordFor(why) })}</span>
      <Button look="link" onPress={() => deeds.onRetry(row)}>
        {words.say('act.retry')}
      </Button>
      <Button look="link" onPress={() => deeds.onToDraft(row)}>
        {words.say('talk.to-draft')}
      </Button>
    </div>
  );
}
