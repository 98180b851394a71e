/**
 * One text that was not sent: where it belonged, how it begins, why it is here, and what can be
 * done with it.
 */
import { ArrowRight, Copy, Forward, RotateCcw, Trash2 } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { TeamState, UnsentView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { problemWords } from '../../i18n/problems.ts';
import type { Words } from '../../i18n/words.ts';
import { ago, full } from '../../time/wording.ts';
import { useNow } from '../../ui/hooks.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { unsentTitle } from './unsent-title.ts';
import styles from './not-sent.module.css';

export interface UnsentRowProps {
  readonly entry: UnsentView;
  readonly team: TeamState;
  readonly onCopy: () => void;
  readonly onSend: () => void;
  readonly onDiscard: () => void;
  readonly onRetry: (() => void) | null;
  readonly onOpen: (() => void) | null;
}

const NAMED_LENGTH = 40;
const MINUTE_MS = 60_000;

export function UnsentRow(props: UnsentRowProps) {
  const { entry, team, onCopy, onSend, onDiscard, onRetry, onOpen } = props;
  const words = useWords();
  const now = useNow(MINUTE_MS);
  const excerpt = entry.excerpt.slice(0, NAMED_LENGTH);
  // Each button names its text: in a list of fifty, "Copy" alone says nothing.
  const act = (icon: LucideIcon, label: string, onPress: () => void) => (
    <IconButton
      size="small"
      icon={icon}
      label={label}
      aria-label={words.say('unsent.about', { act: label, excerpt })}
      onPress={onPress}
    />
  );
  return (
    <div className={styles['row']}>
      <div className={styles['about']}>
        <bdi className={styles['channel']}>{unsentTitle(entry, team, words)}</bdi>
        <span className={styles['kind']}>{words.say(`unsent.kind.${entry.kind}`)}</span>
        <time
          className={styles['time']}
          dateTime={new Date(entry.at).toISOString()}
          title={full(words, entry.at)}
        >
          {ago(words, entry.at, now)}
        </time>
      </div>
      <p className={styles['text']} dir="auto">
        {entry.excerpt}
      </p>
      <div className={styles['foot']}>
        <span className={styles['why']}>{whyWords(words, entry)}</span>
        {onRetry && act(RotateCcw, words.say('act.retry'), onRetry)}
        {onOpen && act(ArrowRight, words.say('unsent.open'), onOpen)}
        {act(Copy, words.say('unsent.copy'), onCopy)}
        {act(Forward, words.say('unsent.send'), onSend)}
        {act(Trash2, words.say('edit.discard'), onDiscard)}
      </div>
    </div>
  );
}

function whyWords(words: Words, { where, isDeleted, why }: UnsentView): string {
  if (where !== 'here') return words.say(`unsent.where.${where}`);
  if (isDeleted) return words.say('unsent.deleted');
  return why === null ? '' : words.say('talk.failed', { why: problemWords(words, why) });
}
