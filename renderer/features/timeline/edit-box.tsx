/**
 * Editing a message where it stands. Enter saves. Escape closes the box and keeps what was typed;
 * Cancel discards it. No key means any of this while a word is being composed.
 */
import { useEffect } from 'react';
import { useWords } from '../../i18n/context.tsx';
import type { DraftPlace } from '../../state/drafts.ts';
import { isSendable, sizeOf, TEXT_LIMIT_BYTES } from '../../state/text-size.ts';
import { Button } from '../../ui/button.tsx';
import { useParts } from '../app/context.tsx';
import { GrowingText } from '../composer/growing-text.tsx';
import { useDraft } from '../composer/use-draft.ts';
import styles from './edit-box.module.css';

export interface EditBoxProps {
  /** Where the edit is kept. */
  readonly place: DraftPlace;
  /** The message as it is now. */
  readonly text: string;
  /** The message was deleted while it was being edited. */
  readonly isDeleted: boolean;
  readonly sendWith: 'enter' | 'ctrl-enter';
  readonly onSave: (text: string, original: string) => void;
  readonly onClose: () => void;
}

export function EditBox({ place, text: now, isDeleted, sendWith, onSave, onClose }: EditBoxProps) {
  const words = useWords();
  const { drafts } = useParts();
  const { text: typed, trouble } = useDraft(place, drafts);
  const text = typed ?? now;
  const original = drafts.originalOf(place) ?? now;
  const over = sizeOf(text) - TEXT_LIMIT_BYTES;
  const maySave = !isDeleted && over <= 0 && isSendable(text);
  const isEmptyOfDeleted = isDeleted && typed === undefined;
  useEffect(() => {
    if (isEmptyOfDeleted) onClose();
  }, [isEmptyOfDeleted, onClose]);

  const change = (next: string): void => {
    if (next === now) drafts.drop(place);
    else drafts.set(place, next, original);
  };
  const discard = (): void => {
    if (typed !== undefined) drafts.drop(place);
    onClose();
  };
  const save = (): void => {
    if (!maySave) return;
    if (text === now) discard();
    else onSave(text, original);
  };
  const notes = [
    isDeleted && words.say('edit.deleted'),
    !isDeleted && original !== now && words.say('edit.changed'),
    over > 0 && words.say('composer.too-long', { over }),
    trouble && words.say(`composer.not-kept.${trouble}`),
  ].filter((note) => typeof note === 'string');

  return (
    <div className={styles['box']}>
      <GrowingText
        label={words.say('talk.edit-label')}
        value={text}
        isFocusedAtFirst
        onChange={change}
        onComposing={drafts.composing}
        onBlur={drafts.flush}
        onKey={(event) => {
          const sends =
            event.key === 'Enter' &&
            !event.shiftKey &&
            (sendWith === 'enter' || event.ctrlKey || event.metaKey);
          if (sends) {
            event.preventDefault();
            save();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            onClose();
          }
        }}
      />
      <div className={styles['foot']}>
        {notes.length > 0 && (
          <span role="status" className={styles['limit']}>
            {notes.join(' ')}
          </span>
        )}
        <Button size="small" onPress={discard}>
          {words.say('act.cancel')}
        </Button>
        <Button size="small" look="primary" isDisabled={!maySave} onPress={save}>
          {words.say('act.save')}
        </Button>
      </div>
    </div>
  );
}
