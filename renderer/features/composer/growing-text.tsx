/**
 * A text field that grows with its text, and never gives a key to our handlers that an input method owns. Every place where
 * Enter or Escape means something goes through here.
 */
import {
  useEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
  type Ref,
} from 'react';
import { createImeGuard } from '../../text/ime.ts';
import { cx } from '../../ui/cx.ts';
import styles from './growing-text.module.css';

export interface GrowingTextProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly isDisabled?: boolean;
  readonly isFocusedAtFirst?: boolean;
  readonly field?: Ref<HTMLTextAreaElement>;
  /** The list of suggestions it drives, and the one chosen in it. */
  readonly suggestions?: { readonly list: string; readonly active: string } | undefined;
  readonly describedBy?: string | undefined;
  readonly onChange: (text: string, caret: number) => void;
  readonly onCaret?: (caret: number) => void;
  /** Keys that are not part of composing a word. */
  readonly onKey: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  /** An input method began to compose a word, or ended. */
  readonly onComposing?: (isComposing: boolean) => void;
  readonly onBlur?: () => void;
  readonly onPaste?: (event: ClipboardEvent<HTMLTextAreaElement>) => void;
}

export function GrowingText(props: GrowingTextProps) {
  const {
    label,
    value,
    placeholder,
    isDisabled = false,
    isFocusedAtFirst = false,
    field,
    suggestions,
    describedBy,
  } = props;
  const [guard] = useState(createImeGuard);
  const own = useRef<HTMLTextAreaElement | null>(null);

  useEffect(() => {
    if (!isFocusedAtFirst || own.current === null) return;
    own.current.focus();
    own.current.setSelectionRange(own.current.value.length, own.current.value.length);
  }, [isFocusedAtFirst]);

  return (
    <textarea
      ref={(node) => {
        own.current = node;
        if (typeof field === 'function') field(node);
        else if (field) field.current = node;
      }}
      rows={1}
      dir="auto"
      className={cx(styles['text'])}
      aria-label={label}
      aria-describedby={describedBy}
      aria-autocomplete={suggestions ? 'list' : undefined}
      aria-controls={suggestions?.list}
      aria-activedescendant={suggestions?.active}
      placeholder={placeholder}
      disabled={isDisabled}
      value={value}
      spellCheck
      onChange={(event) => props.onChange(event.target.value, event.target.selectionStart)}
      onSelect={(event) => props.onCaret?.(event.currentTarget.selectionStart)}
      onCompositionStart={() => {
        guard.compositionStarted();
        props.onComposing?.(true);
      }}
      onCompositionEnd={(event) => {
        guard.compositionEnded(event.timeStamp);
        props.onComposing?.(false);
      }}
      onKeyDown={(event) => {
        const { key, keyCode, isComposing, timeStamp } = event.nativeEvent;
        if (!guard.owns({ key, keyCode, isComposing, timeStamp })) props.onKey(event);
      }}
      onBlur={() => props.onBlur?.()}
      onPaste={props.onPaste}
    />
  );
}
