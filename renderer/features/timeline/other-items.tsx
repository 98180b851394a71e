/** What stands between messages: lines for a day and for what is new, notes of the channel's life, the beginning, and holes. */
import { Hash, Lock, MessageCircle, Unplug } from 'lucide-react';
import { useEffect } from 'react';
import type { ChannelView, MemberView, TimelineRow } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { clock, day, full } from '../../time/wording.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import styles from './other-items.module.css';

export function DayLine({ at, now }: { readonly at: number; readonly now: number }) {
  const words = useWords();
  return (
    <div className={styles['line']} title={words.intl.formatDate(at, { dateStyle: 'full' })}>
      <span>{day(words, at, now)}</span>
    </div>
  );
}

export function UnreadLine() {
  const words = useWords();
  return (
    <div className={cx(styles['line'], styles['new'])}>
      <span>{words.say('talk.new')}</span>
    </div>
  );
}

export type NoteRow = Extract<TimelineRow, { readonly type: 'note' }>;

export function NoteItem({
  row,
  nameOf,
}: {
  readonly row: NoteRow;
  readonly nameOf: (member: string) => string;
}) {
  const words = useWords();
  const by = nameOf(row.by);
  return (
    <div className={styles['note']}>
      <span>{wordsOf()}</span>
      <time dateTime={new Date(row.at).toISOString()} title={full(words, row.at)}>
        {clock(words, row.at)}
      </time>
    </div>
  );

  function wordsOf(): string {
    const { note } = row;
    switch (note.kind) {
      case 'created':
        return words.say('note.created', { by });
      case 'joined':
        return note.member === row.by
          ? words.say('note.joined', { by })
          : words.say('note.added', { by, who: nameOf(note.member) });
      case 'left':
        return note.member === row.by
          ? words.say('note.left', { by })
          : words.say('note.removed', { by, who: nameOf(note.member) });
      case 'renamed':
        return words.say('note.renamed', { by, name: note.name });
      case 'topic':
        return note.topic === ''
          ? words.say('note.topic-cleared', { by })
          : words.say('note.topic', { by, topic: note.topic });
      case 'archived':
        return words.say(note.isArchived ? 'note.archived' : 'note.unarchived', { by });
    }
  }
}

export interface HoleProps {
  readonly from: number;
  readonly to: number;
  readonly isOffline: boolean;
  readonly onFill: (from: number, to: number) => void;
}

/** Something is missing here: said, and fetched as soon as it is seen and can be. */
export function HoleItem({ from, to, isOffline, onFill }: HoleProps) {
  const words = useWords();
  useEffect(() => {
    if (!isOffline) onFill(from, to);
  }, [isOffline, onFill, from, to]);
  return (
    <div className={styles['hole']}>
      <Unplug {...ICON} size={16} />
      <span>{words.say(isOffline ? 'talk.hole-offline' : 'talk.hole')}</span>
    </div>
  );
}

export interface StartProps {
  readonly channel: ChannelView;
  readonly others: readonly MemberView[];
  readonly hueOf: (member: string) => number;
  readonly onAddPeople: (() => void) | null;
  readonly onTopic: (() => void) | null;
}

/** The beginning of a channel, and all there is of an empty one. */
export function StartItem({ channel, others, hueOf, onAddPeople, onTopic }: StartProps) {
  const words = useWords();
  const isTalk = channel.kind === 'direct' || channel.kind === 'group';
  const names = words.list(others.map((one) => one.name));
  const first = others[0];
  const title = isTalk ? (others.length === 0 ? words.say('start.notes') : names) : channel.name;
  const Icon = channel.kind === 'private' ? Lock : isTalk ? MessageCircle : Hash;
  return (
    <section className={styles['start']}>
      {isTalk && first !== undefined && others.length === 1 ? (
        <Avatar hue={hueOf(first.id)} name={first.name} size="large" />
      ) : (
        <span className={styles['sign']}>
          <Icon {...ICON} size={26} />
        </span>
      )}
      <h2 className={styles['title']} dir="auto">
        {title}
      </h2>
      <p>
        {isTalk
          ? others.length === 0
            ? words.say('start.notes-hint')
            : words.say('start.direct', { names })
          : words.say(
              channel.isArchived
                ? 'start.archived'
                : channel.kind === 'private'
                  ? 'start.private'
                  : 'start.public',
              {
                name: channel.name,
              },
            )}
      </p>
      {channel.topic !== '' && <p dir="auto">{channel.topic}</p>}
      {(onAddPeople !== null || onTopic !== null) && (
        <div className={styles['acts']}>
          {onAddPeople !== null && (
            <Button size="small" onPress={onAddPeople}>
              {words.say('channel.add-people')}
            </Button>
          )}
          {onTopic !== null && channel.topic === '' && (
            <Button size="small" onPress={onTopic}>
              {words.say('channel.add-topic')}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

export function LoadingItem({ isOffline }: { readonly isOffline: boolean }) {
  const words = useWords();
  return (
    <div className={styles['loading']}>
      {words.say(isOffline ? 'talk.older-offline' : 'talk.loading')}
    </div>
  );
}
