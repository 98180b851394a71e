/** Editing a message where it stands. Enter saves, Escape leaves it as it was; never while a word is being composed. */
import { useState } from 'react';
import { useWords } from '../../i18n/context.tsx';
import { Button } from '../../ui/button.tsx';
import { GrowingText } from '../composer/growing-text.tsx';
import { isSendable, sizeOf, TEXT_LIMIT_BYTES } from '../composer/text-size.ts';
import styles from './edit-box.module.css';

export interface EditBoxProps {
  readonly text: string;
  readonly sendWith: 'enter' | 'ctrl-enter';
  readonly onSave: (text: string) => Promise<boolean>;
  readonly onCancel: () => void;
}

export function EditBox({ text: original, sendWith, onSave, onCancel }: EditBoxProps) {
  const words = useWords();
  const [text, setText] = useState(original);
  const [isSaving, setIsSaving] = useState(false);
  const isTooLong = sizeOf(text) > TEXT_LIMIT_BYTES;

  const save = async (): Promise<void> => {
    if (isSaving || isTooLong || !isSendable(text)) return;
    if (text === original) return onCancel();
    setIsSaving(true);
    if (!(await onSave(text))) setIsSaving(false);
  };

  return (
    <div className={styles['box']}>
      <GrowingText
        label={words.say('talk.edit-label')}
        value={text}
        isFocusedAtFirst
        onChange={setText}
        onKey={(event) => {
          const sends =
            event.key === 'Enter' &&
            !event.shiftKey &&
            (sendWith === 'enter' || event.ctrlKey || event.metaKey);
          if (sends) {
            event.preventDefault();
            void save();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            onCancel();
          }
        }}
      />
      <div className={styles['foot']}>
        {isTooLong && (
          <span className={styles['limit']}>
            {words.say('composer.too-long', { over: sizeOf(text) - TEXT_LIMIT_BYTES })}
          </span>
        )}
        <Button size="small" onPress={onCancel}>
          {words.say('act.cancel')}
        </Button>
        <Button
          size="small"
          look="primary"
          isDisabled={isSaving || isTooLong || !isSendable(text)}
          onPress={() => void save()}
        >
          {words.say('act.save')}
        </Button>
      </div>
    </div>
  );
}
