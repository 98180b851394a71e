/** Buttons with words on them. One loud one (`primary`) in any view; `danger` is for what cannot be taken back. */
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './button.module.css';

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger' | 'link';
  readonly size?: 'small' | 'normal' | 'large';
  readonly children: ReactNode;
}

export function Button({ look = 'plain', size = 'normal', children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={cx(styles['button'], styles[look], styles[size])}>
      {children}
    </AriaButton>
  );
}
