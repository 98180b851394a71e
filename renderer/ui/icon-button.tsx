/** A button that is only an icon: always named, and its name is shown when the pointer rests or the keyboard comes. */
import { Button, Tooltip, TooltipTrigger, type ButtonProps } from 'react-aria-components';
import type { LucideIcon } from 'lucide-react';
import { cx } from './cx.ts';
import styles from './icon-button.module.css';

export interface IconButtonProps extends Omit<ButtonProps, 'className' | 'style' | 'children'> {
  /** Shown beside the icon, and its name unless `aria-label` says more. */
  readonly label: string;
  /** A key that does the same, shown beside the name. */
  readonly shortcut?: string;
  readonly icon: LucideIcon;
  readonly size?: 'small' | 'normal';
  readonly tone?: 'plain' | 'danger';
  readonly placement?: 'top' | 'bottom' | 'end';
}

export const ICON = {
  size: 18,
  strokeWidth: 1.75,
  absoluteStrokeWidth: true,
  'aria-hidden': true,
} as const;

export function IconButton({
  label,
  shortcut,
  icon: Icon,
  size = 'normal',
  tone = 'plain',
  placement = 'top',
  ...rest
}: IconButtonProps) {
  return (
    <TooltipTrigger delay={400} closeDelay={0}>
      <Button
        {...rest}
        aria-label={rest['aria-label'] ?? label}
        className={cx(styles['button'], styles[size], styles[tone])}
      >
        <Icon {...ICON} size={size === 'small' ? 16 : 18} />
      </Button>
      <Tooltip placement={placement} offset={6} className={cx(styles['tip'])}>
        {label}
        {shortcut !== undefined && <kbd className={styles['key']}>{shortcut}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
