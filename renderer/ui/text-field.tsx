/** A labelled line of text, with a hint below it and, when something is wrong, what is wrong and what to do. */
import type { ReactNode } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';
import { cx } from './cx.ts';
import styles from './field.module.css';

export interface TextFieldProps extends Omit<
  AriaTextFieldProps,
  'className' | 'style' | 'children'
> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly placeholder?: string;
  readonly rows?: number;
  readonly isMono?: boolean;
  readonly prefix?: ReactNode;
}

export function TextField({
  label,
  hint,
  error = null,
  placeholder,
  rows,
  isMono = false,
  prefix,
  ...rest
}: TextFieldProps) {
  const input = cx(styles['input'], isMono && styles['mono']);
  const hold = placeholder === undefined ? {} : { placeholder };
  return (
    <AriaTextField
      {...rest}
      isInvalid={error !== null}
      validationBehavior="aria"
      className={cx(styles['field'])}
    >
      <Label className={cx(styles['label'])}>{label}</Label>
      {rows === undefined ? (
        <span className={styles['box']}>
          {prefix !== undefined && <span className={styles['prefix']}>{prefix}</span>}
          <Input {...hold} dir="auto" className={input} />
        </span>
      ) : (
        <TextArea {...hold} rows={rows} dir="auto" className={cx(input, styles['area'])} />
      )}
      {hint !== undefined && error === null && (
        <Text slot="description" className={cx(styles['hint'])}>
          {hint}
        </Text>
      )}
      <FieldError className={cx(styles['error'])}>{error}</FieldError>
    </AriaTextField>
  );
}
